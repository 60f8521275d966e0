"""What training needs before its first step: corpora, vocabularies, first weights."""

from pathlib import Path

import numpy as np

from s2s_toolkit.complete_config import complete_model
from s2s_toolkit.config import Config
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Corpus, load_corpus
from s2s_toolkit.errors import RunError
from s2s_toolkit.examples import Examples
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import complete_declaration, declared_weights, reference_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.text import TextSide
from s2s_toolkit.training.cache import read_cached
from s2s_toolkit.training.numbering import NumberedReader, TrainingCorpus, read_numbered
from s2s_toolkit.training.sides import Sides, with_vocabularies
from s2s_toolkit.weights import initial_weights


def load_corpora(config: Config, source: TextSide, target: TextSide) -> tuple[TrainingCorpus, Corpus]:
    """The training pairs, which are read as a stream, and the dev pairs that a config names."""
    reader = NumberedReader(config.data, source, target)
    training = read_cached(reader, Path(config.data.cache)) if config.data.cache else read_numbered(reader)
    return training, load_corpus(config.data.dev, source, target, data=config.data)


def new_run(path: Path, config: Config, sides: Sides, training: TrainingCorpus) -> Run:
    """A run that is not written yet; vocabularies that its config does not name are built from the training pairs."""
    return Run(path, config, *with_vocabularies(sides, config, training))


def resumed_run(path: Path, config: Config, registry: Registry) -> Run:
    """An existing run to go on with, under the config given; another model, other text or another metric is refused."""
    run = open_run(path, registry)
    was, wanted = (
        {
            "source": each.source,
            "target": each.target,
            "model": complete_model(each.model, registry)[0],  # a default may be said or not
        }
        for each in (run.config, config)
    )
    for section in was:
        if was[section] != wanted[section]:
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


def encode_corpus(corpus: Corpus, run: Run) -> Examples:
    """The ids of every pair."""
    source, target = run.source.vocabulary, run.target.vocabulary
    return Examples.of([(source.encode(a), target.encode(b)) for a, b in corpus.pairs])


def first_weights(run: Run, model: FrameworkModel, registry: Registry) -> dict[str, np.ndarray]:
    """The initial weights of the run's model: drawn by the core, so the same in every framework."""
    plan = plan_of(run)
    declared = declared_weights(plan, reference_parts(plan.config, registry, run.config.framework))
    shapes = {name: array.shape for name, array in model.weights().items()}
    return initial_weights(complete_declaration(declared, shapes), run.config.seed)
