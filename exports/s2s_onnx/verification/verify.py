"""Is an exported file the model it was made from? Inner values and decoded text of both, compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from s2s_onnx.verification.agreement import Agreement
from s2s_onnx.verification.cases import Case, dev_cases, given_cases, random_cases
from s2s_onnx.verification.differences import Differences
from s2s_onnx.verification.opening import open_exported
from s2s_onnx.verification.teacher_forcing import compare_inside
from s2s_onnx.verification.ties import Ties
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import S2SError
from s2s_toolkit.evaluation import Watch
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.loading import choose_decoding, load_model
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.translator import Translator

TOLERANCE = 1e-4
"""Of every `Difference` in single precision: what lies closer together is the same number, rounded two ways."""
EXACT = "fp32"
"""The precision whose differences are judged; how much the others may lose is up to the user."""
NUM_PAIRS = 64
"""Dev pairs, and as many random ones, that an export is verified with."""
CHUNK = 128


class DisagreementError(S2SError):
    """A file that is not the model."""


@dataclass(frozen=True)
class Verification:
    """What was compared, and how far the two are apart.

    Attributes:
        framework: What computed the model.
        precision: That of the file's weights.
        num_sources: Sources translated by both.
        num_same: Those of which all results are the same text.
        num_ties: Sources whose texts differ in a tie (`s2s_onnx.verification.ties`), up to the first whose texts differ
            otherwise.
        differences: Of "memory", "logits" and "teacher_forced_attention", and, where texts are the same, of their
            "scores", "token_log_probs", "attention" and "alignment"; as far as the file gives them.
        first: Where and how texts differ first, or "".
        disagreement: Why the file is not the model, or "".
    """

    framework: str
    precision: str
    num_sources: int
    num_same: int
    num_ties: int
    differences: Differences
    first: str = ""
    disagreement: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "framework": self.framework,
            "sources": self.num_sources,
            "same_text": self.num_same,
            "ties": self.num_ties,
            "quantities": {
                name: {"values": found.num_values, "greatest_difference": float(f"{found.greatest:.1e}")}
                for name, found in self.differences.items()
            },
        }

    def require_agreement(self) -> None:
        """Raise DisagreementError unless the file is the model."""
        if self.disagreement:
            raise DisagreementError(f"the exported file and the model disagree on {self.disagreement}")

    def __str__(self) -> str:
        share = "" if self.num_same == self.num_sources else f"{self.num_same:,} of "
        ties = f", ties for {self.num_ties:,}" if self.num_ties else ""
        greatest = ", ".join(f"{_words(name)} {found.greatest:.1e}" for name, found in self.differences.items())
        return f"the same text for {share}{self.num_sources:,} sources{ties}; greatest difference of {greatest}"


def verify(
    file: Path, run: Run, registry: Registry, *, framework: str = "", pairs: Sequence[Pair] | None = None
) -> Verification:
    """Compare as `compare` does; DisagreementError where the file is not the model."""
    report = compare(file, run, registry, framework=framework, pairs=pairs)
    report.require_agreement()
    return report


def compare(
    file: Path,
    run: Run,
    registry: Registry,
    *,
    framework: str = "",
    pairs: Sequence[Pair] | None = None,
    watch: Watch = lambda done, total: None,
) -> Verification:
    """Compare a file with a run's best model on pairs of text, and on random ones.

    In single precision the two agree if each difference is at most `TOLERANCE` and each text is the same or a tie. In
    other precisions, a difference that is no number is all that counts as a disagreement.

    Args:
        file: The file, or the folder of the steps form; it decodes by the strategy and the settings that it holds.
        run: The run; its best checkpoint is compared.
        registry: Where parts are found.
        framework: What computes the model; by default what trained it.
        pairs: By default the run's first dev pairs, where they can be read.
        watch: Told how many comparisons are done, and of how many.

    Raises:
        ModelFileError: The file does not open, or another version wrote it.
        RunError: The run has no best checkpoint.
        UnsupportedError: To look into a file, the package onnx is needed and not installed.
    """
    opened, by = open_exported(file, registry), framework or run.config.framework
    _require_vocabularies(opened.metadata, run)
    precision = opened.metadata.get("precision", EXACT)
    model = load_model(run, registry, by)
    reference = _reference(model, run, registry, opened.metadata)
    given = dev_cases(run, NUM_PAIRS) if pairs is None else given_cases(pairs)
    cases = given + random_cases(run, NUM_PAIRS)
    total = 2 * len(cases)  # each from the inside and from the outside
    rows = reference.strategy.rows
    inside = compare_inside(opened.look_inside, model, run, cases, rows=rows, watch=lambda done: watch(done, total))
    texts = _compare_texts(cases, opened.translate, reference, lambda done: watch(len(cases) + done, total))
    differences = inside | texts.differences
    return Verification(
        framework=by,
        precision=precision,
        num_sources=len(cases),
        num_same=texts.num_same,
        num_ties=texts.num_ties,
        differences=differences,
        first=texts.first,
        disagreement=_disagreement(texts, differences, precision),
    )


def _require_vocabularies(metadata: Mapping[str, Any], run: Run) -> None:
    """Models of other vocabularies can't even be compared."""
    for name, side in (("source", run.source), ("target", run.target)):
        expected = len(side.vocabulary)
        if metadata.get(f"{name}_symbols") != expected:
            given = metadata.get(f"{name}_symbols")
            raise DisagreementError(
                f"the file was not exported from {run.path}: it has {given} {name} symbols, the run has {expected}"
            )


def _reference(model: FrameworkModel, run: Run, registry: Registry, metadata: Mapping[str, Any]) -> Translator:
    """The model, decoding as the file does."""
    options = metadata["fixed"] | metadata["settings"]
    decoding = choose_decoding(run, registry, metadata["strategy"], options)
    return Translator(model.stepper(), run.source, run.target, decoding.strategy, decoding.settings)


def _compare_texts(
    cases: Sequence[Case], file: TextTranslator, reference: Translator, watch: Callable[[int], None]
) -> Agreement:
    found = Agreement(Ties(reference, TOLERANCE))
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        sources = [case.pair.source for case in chunk]
        found.add(chunk, file(sources), reference(sources))
        watch(start + len(chunk))
    return found


def _disagreement(texts: Agreement, differences: Differences, precision: str) -> str:
    if precision == EXACT:
        return "; ".join(filter(None, [texts.error, _beyond(differences, TOLERANCE)]))
    return _beyond(differences, np.finfo(np.float64).max)


def _beyond(differences: Differences, limit: float) -> str:
    """The first quantity that is too far apart, in the order in which they follow from one another."""
    for name, found in differences.items():
        if not found.greatest <= limit:  # nor is NaN
            return f"{found.where}: {_words(name)} differ by {found.greatest:.1e}"
    return ""


def _words(name: str) -> str:
    return name.replace("_", " ")
