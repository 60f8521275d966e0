"""The two sides of a training: what their tokenizers and vocabularies know is learnt from the pairs, or lies ready."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.registry import Registry
from s2s_toolkit.side_files import open_side
from s2s_toolkit.text import TextSide, load_side
from s2s_toolkit.tokenizers import learns
from s2s_toolkit.vocabulary import Vocabulary

Sides = tuple[TextSide, TextSide]
"""Source and target."""


def prepared_sides(config: Config, registry: Registry) -> Sides:
    """Both sides of a config, with tokenizers that have learnt from the training pairs if they learn.

    A side whose config names a folder has what lies there, its vocabulary too.
    """
    source, target = _first_sides(config, registry)
    if not source.has_to_learn and not target.has_to_learn:
        return source, target
    pairs = list(read_pairs(config.data.train))
    return source.taught(pair.source for pair in pairs), target.taught(pair.target for pair in pairs)


def joint_sides(config: Config, registry: Registry) -> Sides:
    """As `prepared_sides`, with one tokenizer for both, learnt from all texts, each normalised as its side is."""
    source, target = _first_sides(config, registry)
    is_one = config.source.tokenizer_part == config.target.tokenizer_part
    if not is_one or not (source.has_to_learn and target.has_to_learn) or not learns(source.tokenizer):
        raise ConfigError(
            "sides learn one tokenizer together where [source] and [target] name the same, with the same options, and "
            "it learns, as bpe and unigram do"
        )
    pairs = list(read_pairs(config.data.train))
    texts = [source.normalization(pair.source) for pair in pairs]
    texts += [target.normalization(pair.target) for pair in pairs]
    tokenizer = source.tokenizer.learned(texts)
    return replace(source, tokenizer=tokenizer), replace(target, tokenizer=tokenizer)


def with_vocabulary(side: TextSide, config: TextConfig, sequences: Iterable[Sequence[str]]) -> TextSide:
    """A side with the vocabulary of symbol sequences, unless its config names a folder."""
    if config.vocabulary:
        return side
    built = Vocabulary.build(sequences, min_frequency=config.min_frequency, max_size=config.max_size)
    return replace(side, vocabulary=built)


def _first_sides(config: Config, registry: Registry) -> Sides:
    return _first_side(config.source, registry, "source"), _first_side(config.target, registry, "target")


def _first_side(config: TextConfig, registry: Registry, name: str) -> TextSide:
    if config.vocabulary:
        return open_side(config, registry, Path(config.vocabulary), name)
    return load_side(config, registry)
