"""The two text sides of a file that takes ids, from its metadata: what the graph does not do is done here."""

from collections.abc import Callable, Mapping
from typing import Any

from s2s_toolkit.errors import ModelFileError, UnsupportedError
from s2s_toolkit.normalization import Normalization
from s2s_toolkit.registry import Registry
from s2s_toolkit.subwords import Bpe, UnigramTokenizer
from s2s_toolkit.text import TextSide, make_tokenizer, with_state
from s2s_toolkit.tokenizers import Characters, Separator, Tagged, Tokenizer, Words
from s2s_toolkit.vocabulary import Vocabulary

MakeTokenizer = Callable[..., Tokenizer]
"""Makes a tokenizer by its name; its options, if it was made with any, are given by theirs."""
BUILT_IN: Mapping[str, type[Tokenizer]] = {
    "characters": Characters,
    "words": Words,
    "separator": Separator,
    "tagged": Tagged,
    "bpe": Bpe,
    "unigram": UnigramTokenizer,
}


def tokenizers_of(registry: Registry) -> MakeTokenizer:
    """Makes what a registry has."""
    return lambda name, **options: make_tokenizer(name, registry, options)


def text_sides(metadata: Mapping[str, Any], where: str, make: MakeTokenizer | None = None) -> tuple[TextSide, TextSide]:
    """Source and target; without `make` the tokenizers have to be built-in ones."""
    make = make or (lambda name, **_: _built_in(name, where))  # their options only say how to learn
    source, target = (_side(metadata, name, where, make) for name in ("source", "target"))
    return source, target


def _built_in(name: str, where: str) -> Tokenizer:
    if name not in BUILT_IN:
        raise UnsupportedError(f"{where} needs the tokenizer {name!r}; give Translator a make_tokenizer that knows it")
    return BUILT_IN[name]()


def _side(metadata: Mapping[str, Any], name: str, where: str, make: MakeTokenizer) -> TextSide:
    symbols = metadata.get(f"{name}_vocabulary")
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise ModelFileError(f"{where} has damaged metadata (no {name}_vocabulary); export it again")
    try:
        normalization = Normalization(metadata[f"{name}_normalization"], metadata[f"{name}_lowercase"])
        made = make(str(metadata[f"{name}_tokenizer"]), **metadata.get(f"{name}_tokenizer_options", {}))
        tokenizer = with_state(made, metadata.get(f"{name}_state", metadata.get(f"{name}_segmentation")))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{where} has damaged metadata ({name}: {error}); export it again") from error
    return TextSide(tokenizer, Vocabulary(symbols), normalization)
