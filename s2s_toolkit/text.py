"""A side of the task, source or target: text to symbols to ids, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from s2s_toolkit.blame import blaming
from s2s_toolkit.checks.tokenizers import watched
from s2s_toolkit.normalization import UNCHANGED, Normalization
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.tokenizers import Tokenizer, learns, segmentation
from s2s_toolkit.vocabulary import Vocabulary

if TYPE_CHECKING:  # an exported file has no config
    from s2s_toolkit.config_sections import TextConfig

NO_VOCABULARY = Vocabulary([])
"""Every symbol is unknown: where symbols are wanted and not their ids, or are still to be learned."""
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class TextSide:
    """Text to ids and back."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary = NO_VOCABULARY
    normalization: Normalization = UNCHANGED

    def split(self, text: str) -> list[str]:
        """Text -> symbols, normalised first; the one way in which this side's text is cut."""
        return self.tokenizer.split(self.normalization(text))

    def taught(self, texts: Iterable[str]) -> "TextSide":
        """The side with a tokenizer that has learnt from texts, if it learns and has not yet."""
        if not self.has_to_learn:
            return self
        tokenizer: Any = self.tokenizer
        return replace(self, tokenizer=tokenizer.learned(map(self.normalization, texts)))

    @property
    def has_to_learn(self) -> bool:
        """Whether its tokenizer learns and knows nothing yet."""
        return learns(self.tokenizer) and self.tokenizer.state is None

    def respelt(self, symbols: Sequence[str]) -> Sequence[str]:
        """The symbols into which the text of some symbols is cut: a model may spell a word with other pieces."""
        return self.tokenizer.split(self.tokenizer.join(symbols)) if self.has_pieces else symbols

    @property
    def has_pieces(self) -> bool:
        """Whether its symbols are pieces of words, with which a text may be spelt in several ways."""
        return learns(self.tokenizer) or segmentation(self.tokenizer) is not None

    def encode(self, text: str) -> list[int]:
        """Text -> ids, without BOS and EOS."""
        return self.vocabulary.encode(self.split(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Ids -> text; PAD, BOS and EOS leave no trace."""
        return self.tokenizer.join(self.vocabulary.decode(ids))


def load_side(config: "TextConfig", registry: Registry, vocabulary: Vocabulary = NO_VOCABULARY) -> TextSide:
    """The side that a config describes."""
    return TextSide(load_tokenizer(config, registry), vocabulary, Normalization(config.normalization, config.lowercase))


def load_tokenizer(config: "TextConfig", registry: Registry) -> Tokenizer:
    """The tokenizer that a config names."""
    part = config.tokenizer_part
    return make_tokenizer(part.name, registry, part.options)


def with_state(tokenizer: Tokenizer, state: Any) -> Tokenizer:
    """One that has learnt, made of a tokenizer that learns and a state; ValueError if it is none. Others stay."""
    if not learns(tokenizer):
        return tokenizer
    if not isinstance(state, Mapping):
        raise ValueError(f"expected the state of a tokenizer, found {type(state).__name__}")
    return tokenizer.restored(state)


def make_tokenizer(
    name: str, registry: Registry, options: Mapping[str, Any] = NO_OPTIONS, *, where: str = "tokenizer"
) -> Tokenizer:
    """A tokenizer by name, with its options; a plugin's is watched. `where` names the section in errors."""
    part, offer = registry.load("tokenizer", name), registry.find_offer("tokenizer", name)
    with blaming("tokenizer", offer):
        made: Tokenizer = create_part(part, options=options, where=where, beside=["name"])
    return made if offer.plugin == CORE else watched(made, offer)
