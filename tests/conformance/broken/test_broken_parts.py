"""Each test of a suite fails for a part that is wrong in what it checks, and says so."""

from pathlib import Path
from typing import NamedTuple

import pytest

from s2s_toolkit.checks.suites import Subject, run_suites
from s2s_toolkit.testing import AttentionScorerSuite, DecoderSuite, EncoderSuite
from s2s_toolkit.testing.guard import inherited_tests
from s2s_toolkit.testing.requirements import require

HERE = Path(__file__).parent
SUITES = {suite.__name__: suite for suite in (AttentionScorerSuite, EncoderSuite, DecoderSuite)}
FILES = [HERE / "broken_scorers.py", HERE / "broken_encoders.py", HERE / "broken_decoders.py"]


class Break(NamedTuple):
    """What is said of a broken part, and the tests that fail."""

    said: str
    failing: str


CONTRACT = "test_contract"
"""A part that breaks its contract fails all that calls it, each time with that one line."""

BROKEN = {
    "AttentionScorerSuite": {
        "MixesSteps": Break(
            "query 0 of 4 has the scores that it has alone: found",
            "queries_are_scored_apart batched_equals_single unroll_equals_repeated_step frameworks_agree",
        ),
        "MixesSources": Break("source 0 of 3 has the keys", "sources_are_scored_apart batched_equals_single"),
        "ReadsPadding": Break(
            "padding behind a source leaves its keys as they are",
            "padding_changes_no_keys_and_no_scores batched_equals_single",
        ),
        "KeepsState": Break(
            "logits of one input differ from call to call",
            "same_input_gives_same_output batched_equals_single unroll_equals_repeated_step frameworks_agree "
            "gradients_match_finite_differences one_seed_gives_one_result weights_are_saved_and_loaded "
            "sources_are_scored_apart padding_changes_no_keys_and_no_scores",
        ),
        "IgnoresOption": Break("option 'sharpness' for any is never read", "options_are_read"),
        "UntypedOption": Break("option 'sharpness' for any has no type", "options_are_typed_and_alike"),
        "HasNoSummary": Break("has no summary", "part_is_offered_once"),
        "Double": Break("`score` gives scores of type float64, expected float32", CONTRACT),
        "NotANumber": Break("`score` gives scores with a value that is not finite", CONTRACT),
        "Transposed": Break("`score` gives scores of shape (3, 5, 2), expected (3, 2, 5)", CONTRACT),
        "TooLow": Break(
            "padding gets attention",
            "attention_sums_to_one_and_is_zero_on_padding batched_equals_single gradients_match_finite_differences",
        ),
        "UnusedWeight": Break("no gradient reaches weight 'bias'", "gradients_reach_every_weight"),
        "InfiniteSlope": Break(
            "gradient of weight 'key.kernel' is not finite",
            "gradients_reach_every_weight gradients_match_finite_differences training_lowers_the_loss",
        ),
        "Unexportable": Break("Unexportable", "exported_file_agrees"),
        "Detached": Break(
            "no gradient reaches weight 'key.kernel'", "gradients_reach_every_weight gradients_match_finite_differences"
        ),
        "PartlyDetached": Break(
            "the gradient of weight 'key.kernel' has the loss change by", "gradients_match_finite_differences"
        ),
        "WrongGradient": Break(
            "the gradient of weight 'key.kernel' has the loss change by", "gradients_match_finite_differences"
        ),
        "WrongGradientInTensorFlow": Break("'attention.key.kernel' is the same in tensorflow", "gradients_agree"),
        "Draws": Break(
            "logits of one input differ from call to call",
            "same_input_gives_same_output batched_equals_single unroll_equals_repeated_step "
            "gradients_match_finite_differences weights_are_saved_and_loaded queries_are_scored_apart "
            "sources_are_scored_apart padding_changes_no_keys_and_no_scores",
        ),
        "DrawsUnseeded": Break("one seed gives weight", "one_seed_gives_one_result"),
        "Unsaved": Break("logits are the same after saving and loading", "weights_are_saved_and_loaded"),
        "RunningMean": Break(
            "logits are the same after saving and loading", "weights_are_saved_and_loaded one_seed_gives_one_result"
        ),
        "TwinOfAnother": Break("logits are the same in torch and in numpy", "frameworks_agree"),
        "Native": Break("", ""),
    },
    "EncoderSuite": {
        "LeavesPadding": Break("memory is not zero behind the end", "memory_is_zero_on_padding"),
        "SummarizesPadding": Break(
            "the summary of source 0, 3 of 8 symbols, is what it is alone",
            "sources_are_encoded_apart batched_equals_single",
        ),
        "ReadsBehindTheEnd": Break(
            "the memory does not depend on what stands behind the end",
            "padding_changes_nothing sources_are_encoded_apart batched_equals_single",
        ),
        "FindsLengthsItself": Break(
            "memory is not zero behind the end",
            "memory_is_zero_on_padding padding_changes_nothing sources_are_encoded_apart batched_equals_single",
        ),
        "OneTooShort": Break("does not depend on its symbol 2", "every_symbol_is_remembered"),
        "WrongSize": Break("`encode` gives memory of shape (3, 5, 6), expected (3, 5, 7)", CONTRACT),
        "NoSummary": Break("its `encode` must return memory and summary", CONTRACT),
        "Bag": Break("", ""),
    },
    "DecoderSuite": {
        "IgnoresSummary": Break(
            "no entry of the first state depends", "first_state_depends_on_the_summary gradients_reach_every_weight"
        ),
        "IgnoresPrevious": Break(
            "the readout is the same whatever symbol came before",
            "readout_depends_on_the_previous_symbol gradients_reach_every_weight",
        ),
        "IgnoresContext": Break("the readout is the same whatever `attend` finds", "readout_depends_on_the_context"),
        "OtherAttention": Break(
            "attention is that of `attend`", "attention_is_that_of_attend attention_sums_to_one_and_is_zero_on_padding"
        ),
        "MixesRows": Break(
            "`step` gives row 0 the attend_query that it has alone",
            "sources_are_decoded_apart batched_equals_single readout_depends_on_the_previous_symbol",
        ),
        "CountsRows": Break(
            "4 copies of a row give its logits", "copies_go_on_as_one sources_are_decoded_apart batched_equals_single"
        ),
        "KeepsItsState": Break(
            "a row that was moved goes on with its own state",
            "rows_of_a_beam_are_independent sources_are_decoded_apart",
        ),
        "ChangesTypes": Break(
            "state 'number' is float32 (3,) at first, and int64 (3,) after step 1",
            "state_keeps_names_shapes_and_types",
        ),
        "BatchLast": Break("`start` gives state hidden of shape (7, 3), expected (3, …)", CONTRACT),
        "WrongReadoutSize": Break("`step` gives readout of shape (3, 13), expected (3, 7)", CONTRACT),
        "UnrollDiffers": Break("logits of a whole target are those step by step, at 1", "unroll_equals_repeated_step"),
        "UnrollsToDouble": Break("attention of a whole target are float64", "model_is_finite_and_has_its_shapes"),
        "Plain": Break("", ""),
    },
}
EACH = [(suite, part) for suite, parts in BROKEN.items() for part in parts]
OPTIONS = {"UnrollDiffers": {"size": 7}, "UnrollsToDouble": {"size": 7}}

EXPORTED = "test_exported_file_agrees"
SLOW = {"WrongGradientInTensorFlow": ("any", "test_gradients_agree"), "Unexportable": ("numpy", EXPORTED)}
"""The parts that show in TensorFlow or the export alone, which take long and tell nothing more of the others."""

Failures = dict[str, dict[str, str]]
"""Part -> test -> why it failed."""


@pytest.fixture(scope="module")
def failures() -> Failures:
    """What fails of every suite for every broken part."""
    for framework in ("torch", "tensorflow"):
        require(framework)
    found: Failures = {}
    for finding in run_suites([subject(suite, part) for suite, part in EACH], FILES):
        if finding.outcome == "fails":
            tests = found.setdefault(finding.part.split()[-1], {})
            tests.setdefault(f"test_{finding.check.replace(' ', '_')}", finding.reason)
    return found


def subject(suite: str, part: str) -> Subject:
    kind, options = SUITES[suite].kind, OPTIONS.get(part, {})
    if part in SLOW:
        framework, test = SLOW[part]
        return Subject(kind, part, (framework,), (test,), options)
    return Subject(kind, part, ("numpy", "torch"), tuple(inherited_tests(SUITES[suite]).keys() - {EXPORTED}), options)


@pytest.mark.parametrize(("suite", "part"), EACH)
def test_broken_part_fails_what_it_breaks(failures: Failures, suite: str, part: str) -> None:
    said, failing = BROKEN[suite][part]
    found = failures.get(part, {})
    if failing == CONTRACT:
        assert said in found[CONTRACT]
        others = [line for test, line in found.items() if test != CONTRACT]
        assert others == [found[CONTRACT]] * len(others)
        return
    expected = [f"test_{test}" for test in failing.split()]
    assert set(found) == set(expected)
    assert not expected or said in found[expected[0]]


def test_every_test_fails_for_a_part(failures: Failures) -> None:
    of_contract = {part for suite, part in EACH if BROKEN[suite][part].failing == CONTRACT}
    found = {test for part, tests in failures.items() if part not in of_contract for test in tests}
    every = {test for suite in SUITES.values() for test in inherited_tests(suite)}
    assert every - found == {CONTRACT, "test_suite_is_whole"}
