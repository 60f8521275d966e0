"""What both sides learn from the training pairs, without a training: to be looked at, kept and used again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.files import new_folder, require_absent
from s2s_toolkit.registry import Registry
from s2s_toolkit.side_files import save_side, tokenizer_path, vocabulary_path
from s2s_toolkit.symbols import SPECIAL, UNK
from s2s_toolkit.text import TextSide
from s2s_toolkit.training.preparation import load_corpora
from s2s_toolkit.training.sides import joint_sides, prepared_sides, with_vocabularies


@dataclass(frozen=True)
class LearnedSide:
    """A side that has learnt.

    Attributes:
        name: "source" or "target".
        config: Its section of the config.
        side: Its tokenizer and vocabulary.
        counts: Symbol -> how often it stands in the training pairs, whether it is in the vocabulary or not.
        dev_symbols: The number of symbols in the dev pairs.
        dev_unknown: How many of these are unknown.
    """

    name: str
    config: TextConfig
    side: TextSide
    counts: Counter[str]
    dev_symbols: int
    dev_unknown: int

    def most_frequent(self, count: int) -> list[tuple[str, int]]:
        """Symbols of the vocabulary with their numbers, the frequent ones first."""
        symbols = self.side.vocabulary.symbols[len(SPECIAL) :]
        return sorted(((symbol, self.counts[symbol]) for symbol in symbols), key=lambda each: -each[1])[:count]


def learn_sides(config: Config, registry: Registry, *, joint: bool = False) -> list[LearnedSide]:
    """What a training would learn of text; `joint` makes one tokenizer of the texts of both sides."""
    sides = (joint_sides if joint else prepared_sides)(config, registry)
    training, dev = load_corpora(config, *sides)
    learned = []
    for number, side in enumerate(with_vocabularies(sides, config, training)):
        name = ("source", "target")[number]
        section: TextConfig = getattr(config, name)
        counts = Counter(training.frequencies(number))
        ids = [one for pair in dev.pairs for one in side.vocabulary.encode(pair[number])]
        learned.append(LearnedSide(name, section, side, counts, len(ids), ids.count(UNK)))
    return learned


def require_no_vocabularies(folder: Path, *, force: bool) -> None:
    """Refuse a folder where something would be replaced, unless forced to."""
    for name in ("source", "target"):
        require_absent(vocabulary_path(folder, name), force)


def save_sides(learned: Sequence[LearnedSide], folder: Path) -> None:
    """Write what was learnt into a folder, which is made."""
    with new_folder(folder):
        for each in learned:
            tokenizer_path(folder, each.name).unlink(missing_ok=True)  # of one that learnt, where this one does not
            save_side(each.side, each.config, folder, each.name)
