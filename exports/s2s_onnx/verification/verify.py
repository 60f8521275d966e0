"""Is an exported file the model it was made from? Inner values and decoded text of both, compared."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from s2s_onnx.verification.agreement import Agreement
from s2s_onnx.verification.cases import Case, dev_cases, given_cases, random_cases
from s2s_onnx.verification.differences import Differences
from s2s_onnx.verification.members import runs_of_members
from s2s_onnx.verification.opening import open_exported
from s2s_onnx.verification.report import DisagreementError, Verification, words
from s2s_onnx.verification.rounding import TOLERANCE, limits
from s2s_onnx.verification.teacher_forcing import compare_inside
from s2s_onnx.verification.ties import Ties
from s2s_toolkit.contracts import DecodingModel
from s2s_toolkit.corpus import Pair
from s2s_toolkit.evaluation import Watch
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.loading import choose_decoding, load_models
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator

EXACT = "fp32"
"""The precision whose differences are judged; how much the others may lose is up to the user."""
NUM_PAIRS = 64
"""Dev pairs, and as many random ones, that an export is verified with."""
CHUNK = 128


def verify(
    file: Path,
    run: Run,
    registry: Registry,
    *,
    framework: str = "",
    pairs: Sequence[Pair] | None = None,
    others: Sequence[Run] = (),
) -> Verification:
    """Compare as `compare` does; DisagreementError where the file is not the model."""
    report = compare(file, run, registry, framework=framework, pairs=pairs, others=others)
    report.require_agreement()
    return report


def compare(
    file: Path,
    run: Run,
    registry: Registry,
    *,
    framework: str = "",
    pairs: Sequence[Pair] | None = None,
    others: Sequence[Run] = (),
    watch: Watch = lambda done, total: None,
) -> Verification:
    """Compare a file with a run's model on pairs of text, and on random ones.

    In single precision the two agree if each difference is at most `TOLERANCE`, or what `limits` says where rounding
    alone moves the model further, and each text is the same or a tie. In other precisions, a difference that is no
    number is all that counts as a disagreement.

    Args:
        file: The file, or the folder of the steps form; it decodes by the strategy and the settings that it holds.
        run: The run; where it was opened with no checkpoint, the one that the file names is compared.
        registry: Where parts are found.
        framework: What computes the model; by default what trained it.
        pairs: By default the run's first dev pairs, where they can be read.
        others: The runs of an ensemble's other members, in the order in which the file has them.
        watch: Told how many comparisons are done, and of how many.

    Raises:
        ModelFileError: The file does not open, or another version wrote it.
        RunError: The run lacks the checkpoint.
        ConfigError: The runs read or write different symbols, or are not as many as the file has models.
        UnsupportedError: To look into a file, the package onnx is needed and not installed.
    """
    opened = open_exported(file, registry)
    _require_vocabularies(opened.metadata, run)
    precision = opened.metadata.get("precision", EXACT)
    runs = runs_of_members(opened.metadata, [run, *others])
    model = load_models(runs, registry, framework)
    reference = _reference(model, run, registry, opened.metadata)
    given = dev_cases(run, NUM_PAIRS) if pairs is None else given_cases(pairs)
    cases = given + random_cases(run, NUM_PAIRS)
    total = 2 * len(cases)  # each from the inside and from the outside
    rows = reference.strategy.rows
    inside = compare_inside(opened.look_inside, model, run, cases, rows=rows, watch=lambda done: watch(done, total))
    allowed = dict.fromkeys(inside, TOLERANCE)
    if precision == EXACT and _beyond(inside, allowed):
        allowed = limits(model, runs, registry, cases)
    ties = Ties(reference, max(allowed.values()))
    texts = _compare_texts(cases, opened.translate, reference, ties, lambda done: watch(len(cases) + done, total))
    differences = inside | texts.differences
    return Verification(
        framework=framework or " and ".join(dict.fromkeys(each.config.framework for each in runs)),
        precision=precision,
        num_sources=len(cases),
        num_same=texts.num_same,
        num_ties=texts.num_ties,
        differences=differences,
        first=texts.first,
        disagreement=_disagreement(texts, differences, allowed if precision == EXACT else {}),
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


def _reference(model: DecodingModel, run: Run, registry: Registry, metadata: Mapping[str, Any]) -> Translator:
    """The model, decoding as the file does."""
    options = metadata["fixed"] | metadata["settings"]
    decoding = choose_decoding(run, registry, metadata["strategy"], options)
    return Translator(model.stepper(), run.source, run.target, decoding.strategy, decoding.settings)


def _compare_texts(
    cases: Sequence[Case],
    file: TextTranslator,
    reference: Translator,
    is_tie: Callable[[str, Translation], bool],
    watch: Callable[[int], None],
) -> Agreement:
    found = Agreement(is_tie)
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        sources = [case.pair.source for case in chunk]
        found.add(chunk, file(sources), reference(sources))
        watch(start + len(chunk))
    return found


def _disagreement(texts: Agreement, differences: Differences, allowed: Mapping[str, float]) -> str:
    """Why the two are not one model; without limits, only what is no number is a reason."""
    if not allowed:
        return _beyond(differences, dict.fromkeys(differences, float(np.finfo(np.float64).max)))
    return "; ".join(filter(None, [texts.error, _beyond(differences, allowed)]))


def _beyond(differences: Differences, allowed: Mapping[str, float]) -> str:
    """The first quantity that is too far apart, in the order in which they follow from one another."""
    for name, found in differences.items():
        if not found.greatest <= allowed.get(name, max(allowed.values())):  # nor is NaN
            return f"{found.where}: {words(name)} differ by {found.greatest:.1e}"
    return ""
