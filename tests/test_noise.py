"""Word dropout and scheduled sampling: what may change in a batch, and how much of it does."""

from dataclasses import dataclass

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import TrainingConfig
from s2s_toolkit.symbols import BOS, EOS, PAD, UNK
from s2s_toolkit.training.noise import Noise, drop_words, own_predictions


@pytest.fixture
def batch() -> Batch:
    """Padded, one source empty, with symbols 4 to 30."""
    rng = np.random.default_rng(3)
    lengths = [(7, 11), (5, 3), (0, 1), (11, 7)] * 30
    return make_batch([(rng.integers(4, 31, s).tolist(), rng.integers(4, 31, t).tolist()) for s, t in lengths])


@dataclass
class Predicting:
    """Stands for a model that predicts one symbol everywhere."""

    symbol: int

    def predictions(self, batch: Batch) -> np.ndarray:
        return np.full(batch.target_in.shape, self.symbol)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_words_become_unknown_and_nothing_else_changes(batch: Batch) -> None:
    noisy = drop_words(batch, share=0.3, rng=rng())
    for before, after in ((batch.source_ids, noisy.source_ids), (batch.target_in, noisy.target_in)):
        changed = before != after
        assert set(after[changed]) == {UNK}
        assert not set(before[changed]) & {PAD, BOS, EOS}
        assert changed[before > EOS].mean() == pytest.approx(0.3, abs=0.05)
    for name in ("source_lengths", "target_out", "target_mask"):
        assert getattr(noisy, name) is getattr(batch, name)


def test_source_and_target_are_dropped_apart(batch: Batch) -> None:
    noisy = drop_words(batch, share=0.5, rng=rng())
    width = min(batch.source_ids.shape[1], batch.target_in.shape[1])
    dropped = [ids[:, :width] == UNK for ids in (noisy.source_ids, noisy.target_in)]
    assert (dropped[0] != dropped[1]).any()


def test_predictions_are_read_one_step_later() -> None:
    batch = make_batch([([4], [5, 6, 7])])
    noisy = own_predictions(batch, np.array([[15, 16, 17, 18]]), share=1.0, rng=rng())
    np.testing.assert_array_equal(noisy.target_in, [[BOS, 15, 16, 17]])
    np.testing.assert_array_equal(noisy.target_out, [[5, 6, 7, EOS]])


def test_what_ends_a_target_is_never_read_in_its_middle() -> None:
    batch = make_batch([([4], [5, 6, 7]), ([4], [8])])
    predicted = np.array([[EOS, BOS, PAD, EOS], [UNK, 19, 19, 19]])
    noisy = own_predictions(batch, predicted, share=1.0, rng=rng())
    np.testing.assert_array_equal(noisy.target_in, [[BOS, 5, 6, 7], [BOS, UNK, PAD, PAD]])


def test_a_share_of_the_predictions_is_read(batch: Batch) -> None:
    noisy = own_predictions(batch, np.full(batch.target_in.shape, 40), share=0.25, rng=rng())
    assert (noisy.target_in == 40)[batch.target_in > EOS].mean() == pytest.approx(0.25, abs=0.05)


def noise_of(symbol: int = 40, **options: object) -> Noise:
    return Noise(TrainingConfig.model_validate(options), 7, Predicting(symbol))  # type: ignore[arg-type]


def test_without_noise_a_batch_stays_itself(batch: Batch) -> None:
    assert noise_of().apply(batch, step=3, number=0, epochs=1.0) is batch


def test_noise_depends_on_the_step_and_on_the_number_in_it(batch: Batch) -> None:
    noise = noise_of(word_dropout=0.3)
    found = [noise.apply(batch, step=step, number=number, epochs=0).target_in for step, number in [(3, 0), (3, 0)]]
    others = [noise.apply(batch, step=step, number=number, epochs=0).target_in for step, number in [(3, 1), (4, 0)]]
    np.testing.assert_array_equal(*found)
    assert all((other != found[0]).any() for other in others)
    assert (others[0] != others[1]).any()


def test_predictions_are_dropped_like_other_words(batch: Batch) -> None:
    noise = noise_of(word_dropout=0.5, scheduled_sampling=1.0)
    read = noise.apply(batch, step=1, number=0, epochs=0).target_in
    assert set(read[batch.target_in > EOS]) == {UNK, 40}


def test_the_share_of_predictions_rises_over_its_epochs() -> None:
    rising, constant = noise_of(scheduled_sampling=0.4, scheduled_sampling_epochs=4), noise_of(scheduled_sampling=0.4)
    assert [rising.sampling_share(epochs) for epochs in (0, 1, 2.5, 4, 9)] == pytest.approx([0, 0.1, 0.25, 0.4, 0.4])
    assert [constant.sampling_share(epochs) for epochs in (0, 2.5)] == [0.4, 0.4]
