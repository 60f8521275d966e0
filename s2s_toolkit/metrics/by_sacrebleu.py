"""Metrics that sacreBLEU computes: BLEU of symbols, and BLEU, chrF and TER of text, each with its signature."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from s2s_toolkit.errors import UnsupportedError, one_line
from s2s_toolkit.metrics.contract import Metric, References, Tally

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as Scorer


def bleu(*, lowercase: bool = False) -> Metric:
    """BLEU (Papineni et al. 2002) of the symbols as they are, by sacreBLEU with `tokenize="none"`.

    It depends on how the target is cut into symbols: compare it between models of one vocabulary, not with published
    figures of text that was put together again.

    Args:
        lowercase: Tell no capitals from small letters.
    """
    require_sacrebleu("bleu")
    from sacrebleu import BLEU

    def scorer() -> "Scorer":
        return BLEU(tokenize="none", lowercase=lowercase, force=True)

    return _metric("bleu", scorer, higher_is_better=True, unit="BLEU", join=" ".join)


def sacrebleu(*, tokenize: str = "13a", lowercase: bool = False) -> Metric:
    """BLEU (Papineni et al. 2002) of the text, by sacreBLEU (Post 2018), which cuts it into words by itself.

    Args:
        tokenize: How: "13a" as at WMT, "intl", "char", "zh", "none", or another that sacreBLEU has.
        lowercase: Tell no capitals from small letters.
    """
    require_sacrebleu("sacrebleu")
    from sacrebleu import BLEU

    if tokenize not in BLEU.TOKENIZERS:
        raise ValueError(f"no tokenizer {tokenize!r}; known: {', '.join(sorted(BLEU.TOKENIZERS))}")

    def scorer() -> "Scorer":
        return BLEU(tokenize=tokenize, lowercase=lowercase, force=True)

    return _metric("sacrebleu", scorer, higher_is_better=True, unit="BLEU")


def chrf(*, word_order: int = 0, lowercase: bool = False) -> Metric:
    """chrF2 of the text, the F-score of its character n-grams (Popović 2015), by sacreBLEU.

    Args:
        word_order: The longest word n-grams to count as well; 2 makes it chrF++ (Popović 2017).
        lowercase: Tell no capitals from small letters.
    """
    require_sacrebleu("chrf")
    from sacrebleu import CHRF

    if word_order < 0:
        raise ValueError(f"word_order must be at least 0, given {word_order}")

    def scorer() -> "Scorer":
        return CHRF(word_order=word_order, lowercase=lowercase)

    return _metric("chrf", scorer, higher_is_better=True, unit="chrF")


def ter(*, normalized: bool = False, no_punct: bool = False, case_sensitive: bool = False) -> Metric:
    """Translation edit rate (Snover et al. 2006): edits and shifts per hundred reference words, by sacreBLEU.

    Of several references the nearest tells the edits, and their mean length is what these are divided by.

    Args:
        normalized: Part punctuation from words, as Tercom does.
        no_punct: Leave punctuation out.
        case_sensitive: Tell capitals from small letters.
    """
    require_sacrebleu("ter")
    from sacrebleu import TER

    def scorer() -> "Scorer":
        return TER(normalized=normalized, no_punct=no_punct, case_sensitive=case_sensitive)

    return _metric("ter", scorer, higher_is_better=False, unit="TER")


def require_sacrebleu(name: str) -> None:
    """UnsupportedError where the package is missing."""
    try:
        import sacrebleu  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'{name} needs sacrebleu; pip install "s2s-toolkit[bleu]"') from error


def _metric(
    name: str,
    make: Callable[[], "Scorer"],
    *,
    higher_is_better: bool,
    unit: str,
    join: Callable[[Sequence[str]], str] | None = None,
) -> Metric:
    """A metric of what `make` makes; `join` makes text of symbols, for a metric that compares those."""
    try:
        scorer, text = make(), join or "".join
    except (ImportError, RuntimeError) as error:  # a tokenizer that needs one more package
        raise UnsupportedError(f"{name}: {one_line(error)}") from error

    # These two methods are not public, but they are what sacreBLEU's own resampling calls (sacrebleu/significance.py),
    # and of chrF nothing public tells the counts. A test holds them to `corpus_score`.
    def count(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> Sequence[float]:
        counted: Sequence[float] = scorer._extract_corpus_statistics(
            [text(hypothesis)], [[text(each)] for each in references]
        )[0]
        return counted

    def score(sums: Sequence[float]) -> float:
        return float(scorer._aggregate_and_compute([list(sums)]).score)

    def signature(references: References) -> str:
        return _signature(make(), {len(each) for each in references})

    return Metric(name, higher_is_better, unit, Tally(count, score), on_text=join is None, signature=signature)


def _signature(scorer: "Scorer", numbers: set[int]) -> str:
    """What sacreBLEU says of references that come in such numbers, which it learns by scoring."""
    most = max(numbers)
    streams: list[list[Any]] = [["x" if place < number else None for number in numbers] for place in range(most)]
    scorer.corpus_score(["x"] * len(numbers), streams)
    return str(scorer.get_signature())
