"""What training needs before its first step: corpora, vocabularies, first weights."""

from pathlib import Path

import numpy as np

from s2s_toolkit.batches import Example
from s2s_toolkit.config import Config
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Corpus, Paths, load_corpus
from s2s_toolkit.errors import RunError
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import complete_declaration, declared_weights, reference_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.text import load_side
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights


def load_corpora(config: Config, registry: Registry) -> tuple[Corpus, Corpus]:
    """The training pairs and the dev pairs that a config names."""
    source, target = load_side(config.source, registry), load_side(config.target, registry)

    def load(paths: Paths) -> Corpus:
        limits = config.data.max_source_length, config.data.max_target_length
        return load_corpus(paths, source, target, max_source_length=limits[0], max_target_length=limits[1])

    return load(config.data.train), load(config.data.dev)


def new_run(path: Path, config: Config, registry: Registry, training: Corpus) -> Run:
    """A run that is not written yet, its vocabularies built from the training pairs; tied sides share theirs."""
    sides = []
    for number, side in enumerate((config.source, config.target)):
        read = (0, 1) if config.model.tied_embeddings else (number,)
        sequences = (pair[each] for pair in training.pairs for each in read)
        vocabulary = Vocabulary.build(sequences, min_frequency=side.min_frequency, max_size=side.max_size)
        sides.append(load_side(side, registry, vocabulary))
    return Run(path, config, *sides)


def resumed_run(path: Path, config: Config, registry: Registry) -> Run:
    """An existing run to go on with, under the config given; another model, other text or another metric is refused."""
    run = open_run(path, registry)
    for section in ("source", "target", "model"):
        if getattr(run.config, section) != getattr(config, section):
            raise RunError(
                f"can't resume {path}: [{section}] differs from the run's own config.toml; restore it or train anew"
            )
    chosen_by = run.config.training.metric
    if config.training.metric != chosen_by:
        raise RunError(
            f"can't resume {path}: its best checkpoint was chosen by {chosen_by!r}, which can't be compared with "
            f"{config.training.metric!r}; restore training.metric or train anew"
        )
    return Run(run.path, config, run.source, run.target)


def encode_corpus(corpus: Corpus, run: Run) -> list[Example]:
    """The ids of every pair."""
    source, target = run.source.vocabulary, run.target.vocabulary
    return [(source.encode(a), target.encode(b)) for a, b in corpus.pairs]


def first_weights(run: Run, model: FrameworkModel, registry: Registry) -> dict[str, np.ndarray]:
    """The initial weights of the run's model: drawn by the core, so the same in every framework."""
    plan = plan_of(run)
    declared = declared_weights(plan, reference_parts(plan.config, registry, run.config.framework))
    shapes = {name: array.shape for name, array in model.weights().items()}
    return initial_weights(complete_declaration(declared, shapes), run.config.seed)
