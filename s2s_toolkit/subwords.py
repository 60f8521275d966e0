"""Tokenizers that cut words into pieces which they have learnt from texts: byte-pair encoding and unigram."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.segmentation import MARK, Merges, Segmentation, Unigram, remembering, segmentation_of
from s2s_toolkit.tokenizers import WHITESPACE, Words

STEP = 1e-4
"""By how much scores of `UnigramTrainer` differ that it makes up, and to how much scores are rounded."""


class Subwords(ABC):
    """Words as `words` cuts them, "▁" before each, then cut into pieces; until it has learnt, into characters.

    "▁" in a text parts words as white space does. Joined, "▁" is a space, but not at the beginning.

    Attributes:
        segmentation: How a word is cut.
        state: What was learnt, as JSON can say it; None before.
    """

    separator = " "
    separators: tuple[str, ...] = (*WHITESPACE, MARK)

    def __init__(self, *, size: int = 4000, split_punctuation: bool = True) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, given {size}")
        self.size, self.split_punctuation = size, split_punctuation
        self.state: dict[str, Any] | None = None
        self._use(Merges(()))

    def split(self, text: str) -> list[str]:
        return [piece for word in _words(text) for piece in self._pieces(word)]

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols).replace(MARK, self.separator).removeprefix(self.separator)

    def learned(self, texts: Iterable[str]) -> Self:
        """Another tokenizer, which has learnt from texts; UnsupportedError without the package `tokenizers`."""
        return self.restored(self._learn(" ".join(_words(text)) for text in texts).described())

    def restored(self, state: Mapping[str, Any]) -> Self:
        """Another tokenizer, with the state of one that has learnt; ValueError if it is none."""
        segmentation = segmentation_of(state)
        if not isinstance(segmentation, self.segmentation_type()):
            raise ValueError(f"the state is that of another tokenizer, it holds {', '.join(state)}")
        other = type(self)(size=self.size, split_punctuation=self.split_punctuation)
        other.state = segmentation.described()
        other._use(segmentation)
        return other

    @staticmethod
    @abstractmethod
    def segmentation_type() -> type[Segmentation]:
        """What is learnt."""

    @abstractmethod
    def _learn(self, texts: Iterable[str]) -> Segmentation:
        """Learn from texts whose words are marked and parted by one space."""

    def _trained(self, model: Any, trainer: Any, texts: Iterable[str]) -> dict[str, Any]:
        """A model of the package `tokenizers`, as it writes it.

        Punctuation is kept apart here alone: where no piece was learnt across it, a word is never cut across it.
        """
        from tokenizers import Tokenizer
        from tokenizers.pre_tokenizers import Punctuation, Sequence, WhitespaceSplit

        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer = Sequence([WhitespaceSplit(), *[Punctuation("isolated")] * self.split_punctuation])
        tokenizer.train_from_iterator(texts, trainer)
        written: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
        return written

    def _use(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation
        self._pieces = remembering(segmentation.cut)


class Bpe(Subwords):
    """Byte-pair encoding (Sennrich et al. 2016): the most frequent neighbours are merged, again and again.

    A pair is merged if it occurs twice at least.

    Args:
        size: Pieces at most, the single characters among them.
        split_punctuation: Learn from words without their punctuation, so that no piece holds any beside letters.
    """

    @staticmethod
    def segmentation_type() -> type[Segmentation]:
        return Merges

    def _learn(self, texts: Iterable[str]) -> Merges:
        _require_tokenizers()
        from tokenizers import models, trainers

        trainer = trainers.BpeTrainer(vocab_size=self.size, min_frequency=2, show_progress=False)
        model = self._trained(models.BPE(), trainer, texts)
        return Merges(tuple((first, second) for first, second in model["merges"]))


class UnigramTokenizer(Subwords):
    """The most probable pieces (Kudo 2018), of a set that is pruned until it is small enough.

    Args:
        size: Pieces at most, the single characters among them.
        split_punctuation: Learn from words without their punctuation, so that no piece holds any beside letters.
    """

    @staticmethod
    def segmentation_type() -> type[Segmentation]:
        return Unigram

    def _learn(self, texts: Iterable[str]) -> Unigram:
        _require_tokenizers()
        from tokenizers import models, trainers

        unknown = "<unk>"  # the trainer wants one; it is none of the pieces
        trainer = trainers.UnigramTrainer(
            vocab_size=self.size + 1, show_progress=False, unk_token=unknown, special_tokens=[unknown]
        )
        _, *pieces = self._trained(models.Unigram(), trainer, texts)["vocab"]
        return Unigram(_repeatable(dict(pieces) or {MARK: 0.0}))


def _words(text: str) -> list[str]:
    return [MARK + word for word in Words().split(text.replace(MARK, " "))]


def _repeatable(scores: Mapping[str, float]) -> dict[str, float]:
    """The same scores each time, sorted.

    Characters that the trainer has lost get the least score and a few steps more, in an order that changes from process
    to process; here, all of them get the least. What else differs are the last bits of sums in parallel.
    """
    least, characters = min(scores.values()), [piece for piece in scores if len(piece) == 1]
    lost = {piece for piece in characters if scores[piece] < least + STEP * len(characters)}
    rounded = {piece: round(least if piece in lost else score, 4) for piece, score in scores.items()}
    return dict(sorted(rounded.items(), key=lambda item: (-item[1], item[0])))


def _require_tokenizers() -> None:
    try:
        import tokenizers  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(
            'learning subwords needs the package tokenizers; pip install "s2s-toolkit[subwords]"'
        ) from error
