"""What is changed in a batch before it is trained on; drawn here, so that every framework sees the same."""

from dataclasses import dataclass, replace

import numpy as np

from s2s_toolkit.batches import Batch
from s2s_toolkit.config_sections import TrainingConfig
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.symbols import BOS, EOS, PAD, UNK

STREAM = 1
"""Sets these draws apart from those of the order of batches, which have one number less."""


@dataclass(frozen=True)
class Noise:
    """Word dropout and scheduled sampling; a batch's draws depend on the seed, the step and its number in the step.

    Attributes:
        options: Which, and how much.
        seed: The config's.
        model: Whose predictions are sampled.
    """

    options: TrainingConfig
    seed: int
    model: FrameworkModel

    def apply(self, batch: Batch, *, step: int, number: int, epochs: float) -> Batch:
        """The batch to train on, after `epochs` passes over the pairs; its targets stay what they are."""
        sampled, dropped = self.sampling_share(epochs), self.options.word_dropout
        rng = np.random.default_rng([self.seed, step, number, STREAM])
        if sampled:
            batch = own_predictions(batch, self.model.predictions(batch), share=sampled, rng=rng)
        return drop_words(batch, share=dropped, rng=rng) if dropped else batch

    def sampling_share(self, epochs: float) -> float:
        """The share of predictions among the target symbols read: rising linearly, then constant."""
        share, rise = self.options.scheduled_sampling, self.options.scheduled_sampling_epochs
        return share * min(1.0, epochs / rise) if rise else share


def drop_words(batch: Batch, *, share: float, rng: np.random.Generator) -> Batch:
    """Make a share of the source and target symbols that are read unknown.

    Bowman et al. (2016), section 3.1, do so with what a decoder reads; here it is done to the source as well, of which
    Sennrich et al. (2016, "Edinburgh neural machine translation systems for WMT 16") drop whole words too.
    """

    def dropped(ids: np.ndarray) -> np.ndarray:
        return np.where(_is_word(ids) & (rng.random(ids.shape) < share), UNK, ids)

    return replace(batch, source_ids=dropped(batch.source_ids), target_in=dropped(batch.target_in))


def own_predictions(batch: Batch, predictions: np.ndarray, *, share: float, rng: np.random.Generator) -> Batch:
    """Replace a share of the target symbols that are read by what a model predicts in their place.

    Bengio et al. (2015), section 2.4, by symbol; with predictions made for the given target, all at once (Mihaylova and
    Martins 2019; Duckworth et al. 2019). A decoder never reads a begin, an end or padding in the middle of a target, so
    where one of these is predicted the target's symbol stays.

    Args:
        batch: Whose targets are read.
        predictions: The most probable symbol at each step (B, T).
        share: From 0 to 1.
        rng: Draws the places.
    """
    before = np.concatenate([batch.target_in[:, :1], predictions[:, :-1]], axis=1)  # what is predicted is read next
    replaced = _is_word(batch.target_in) & _is_word(before) & (rng.random(before.shape) < share)
    return replace(batch, target_in=np.where(replaced, before, batch.target_in))


def _is_word(ids: np.ndarray) -> np.ndarray:
    return ~np.isin(ids, (PAD, BOS, EOS))
