"""The two sides of a training: what their tokenizers and vocabularies know is learnt from the pairs, or lies ready."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.registry import Registry
from s2s_toolkit.side_files import open_side
from s2s_toolkit.text import TextSide, load_side
from s2s_toolkit.tokenizers import learns
from s2s_toolkit.training.numbering import TrainingCorpus
from s2s_toolkit.vocabulary import Vocabulary

Sides = tuple[TextSide, TextSide]
"""Source and target."""


def prepared_sides(config: Config, registry: Registry) -> Sides:
    """Both sides of a config, with tokenizers that have learnt from the training pairs if they learn.

    A side whose config names a folder has what lies there, its vocabulary too. Sides that are tied learn together.
    """
    source, target = _first_sides(config, registry)
    if not source.has_to_learn and not target.has_to_learn:
        return source, target
    if config.model.tied_embeddings:
        return joint_sides(config, registry)
    sources, targets = (
        (pair.source for pair in training_pairs(config)),
        (pair.target for pair in training_pairs(config)),
    )
    return source.taught(sources), target.taught(targets)


def joint_sides(config: Config, registry: Registry) -> Sides:
    """As `prepared_sides`, with one tokenizer for both, learnt from all texts, each normalised as its side is."""
    source, target = _first_sides(config, registry)
    is_one = config.source.tokenizer_part == config.target.tokenizer_part
    if not is_one or not (source.has_to_learn and target.has_to_learn) or not learns(source.tokenizer):
        raise ConfigError(
            "sides learn one tokenizer together where [source] and [target] name the same, with the same options, and "
            "it learns, as bpe and unigram do"
        )
    sources = (source.normalization(pair.source) for pair in training_pairs(config))
    targets = (target.normalization(pair.target) for pair in training_pairs(config))
    tokenizer = source.tokenizer.learned(chain(sources, targets))
    return replace(source, tokenizer=tokenizer), replace(target, tokenizer=tokenizer)


def with_vocabularies(sides: Sides, config: Config, training: TrainingCorpus) -> Sides:
    """Both sides with the vocabularies of the training pairs; one whose config names a folder has its own.

    Sides that are tied share the vocabulary of both; ConfigError where folders give them two.
    """
    counts = [Counter(training.frequencies(number)) for number in (0, 1)]
    if config.model.tied_embeddings:
        counts = [counts[0] + counts[1]] * 2
    source, target = (
        _with_vocabulary(*each) for each in zip(sides, (config.source, config.target), counts, strict=True)
    )
    if config.model.tied_embeddings and source.vocabulary != target.vocabulary:
        raise ConfigError(
            f"model.tied_embeddings needs one vocabulary for both sides, and {config.source.vocabulary} has two; make "
            "it with tied_embeddings = true, or leave it out"
        )
    return source, target


def _with_vocabulary(side: TextSide, config: TextConfig, counts: Mapping[str, int]) -> TextSide:
    if config.vocabulary:
        return side
    built = Vocabulary.of_frequent(counts, min_frequency=config.min_frequency, max_size=config.max_size)
    return replace(side, vocabulary=built)


def training_pairs(config: Config) -> Iterator[Pair]:
    """The training pairs as they stand in their files."""
    for corpus in config.data.corpora:
        yield from read_pairs(corpus.files, config.data.columns)


def _first_sides(config: Config, registry: Registry) -> Sides:
    return _first_side(config.source, registry, "source"), _first_side(config.target, registry, "target")


def _first_side(config: TextConfig, registry: Registry, name: str) -> TextSide:
    if config.vocabulary:
        return open_side(config, registry, Path(config.vocabulary), name)
    return load_side(config, registry)
