"""Where a hypothesis and its reference differ, as pieces of text to be marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from s2s_toolkit.labels import shown, shown_text
from s2s_toolkit.report.clusters import clusters


@dataclass(frozen=True)
class Piece:
    """A stretch of text, marked where it is other than on the other side."""

    text: str
    differs: bool


def differences(
    reference: Sequence[str], hypothesis: Sequence[str], *, separator: str
) -> tuple[list[Piece], list[Piece]]:
    """Both sides in pieces, by the fewest symbols to change (Levenshtein).

    Args:
        reference: Symbols.
        hypothesis: Symbols.
        separator: What stands between symbols where they are read as text.
    """
    from rapidfuzz.distance import Levenshtein

    wanted, found = [False] * len(reference), [False] * len(hypothesis)
    for change in Levenshtein.opcodes(reference, hypothesis):
        if change.tag != "equal":
            wanted[change.src_start : change.src_end] = [True] * (change.src_end - change.src_start)
            found[change.dest_start : change.dest_end] = [True] * (change.dest_end - change.dest_start)
    return pieces(reference, wanted, separator=separator), pieces(hypothesis, found, separator=separator)


def pieces(symbols: Sequence[str], marks: Sequence[bool], *, separator: str = "") -> list[Piece]:
    """The text of symbols in as few pieces as there may be; a cluster is marked where any of its symbols is."""
    text = ""
    marked: list[bool] = []
    for number, (symbol, mark) in enumerate(zip(symbols, marks, strict=True)):
        between = separator if number else ""
        text += between + symbol
        marked += [mark and marks[number - 1]] * len(between) + [mark] * len(symbol)
    found: list[Piece] = []
    start = 0
    for cluster in clusters(text):
        differs = any(marked[start : start + len(cluster)])
        start += len(cluster)
        if found and found[-1].differs == differs:
            found[-1] = Piece(found[-1].text + cluster, differs)
        else:
            found.append(Piece(cluster, differs))
    return [Piece(_seen(piece), piece.differs) for piece in found]


def _seen(piece: Piece) -> str:
    """The text to show: marked white space would be a mark on nothing."""
    return shown(piece.text) if piece.differs and piece.text.isspace() else shown_text(piece.text)
