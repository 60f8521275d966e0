"""A side of the task, source or target: text to symbols to ids, and back."""

from collections.abc import Iterable
from dataclasses import dataclass

from s2s_toolkit.blame import blaming
from s2s_toolkit.checks.tokenizers import CheckedTokenizer
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.normalization import UNCHANGED, Normalization
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.tokenizers import Tokenizer
from s2s_toolkit.vocabulary import Vocabulary

NO_VOCABULARY = Vocabulary([])
"""Every symbol is unknown: where symbols are wanted and not their ids, or are still to be learned."""


@dataclass(frozen=True)
class TextSide:
    """Text to ids and back."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary = NO_VOCABULARY
    normalization: Normalization = UNCHANGED

    def split(self, text: str) -> list[str]:
        """Text -> symbols, normalised first; the one way in which this side's text is cut."""
        return self.tokenizer.split(self.normalization(text))

    def encode(self, text: str) -> list[int]:
        """Text -> ids, without BOS and EOS."""
        return self.vocabulary.encode(self.split(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Ids -> text; PAD, BOS and EOS leave no trace."""
        return self.tokenizer.join(self.vocabulary.decode(ids))


def load_side(config: TextConfig, registry: Registry, vocabulary: Vocabulary = NO_VOCABULARY) -> TextSide:
    """The side that a config describes."""
    return TextSide(load_tokenizer(config, registry), vocabulary, Normalization(config.normalization, config.lowercase))


def load_tokenizer(config: TextConfig, registry: Registry) -> Tokenizer:
    """The tokenizer that a config names."""
    return make_tokenizer(config.tokenizer, registry)


def make_tokenizer(name: str, registry: Registry) -> Tokenizer:
    """A tokenizer by name; a plugin's is watched."""
    part, offer = registry.load("tokenizer", name), registry.find_offer("tokenizer", name)
    with blaming("tokenizer", offer):
        made: Tokenizer = part()
    return made if offer.plugin == CORE else CheckedTokenizer(made, offer)
