"""A side of the task, source or target: a tokenizer with its vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass

from s2s_toolkit.config import TextConfig
from s2s_toolkit.registry import Registry
from s2s_toolkit.tokenizers import Tokenizer
from s2s_toolkit.vocabulary import Vocabulary


@dataclass(frozen=True)
class TextSide:
    """Text to ids and back."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary

    def encode(self, text: str) -> list[int]:
        """Text -> ids, without BOS and EOS."""
        return self.vocabulary.encode(self.tokenizer.split(text))

    def decode(self, ids: Iterable[int]) -> str:
        """Ids -> text; PAD, BOS and EOS leave no trace."""
        return self.tokenizer.join(self.vocabulary.decode(ids))


def load_tokenizer(config: TextConfig, registry: Registry) -> Tokenizer:
    """The tokenizer that a config names."""
    return registry.load("tokenizer", config.tokenizer)()
