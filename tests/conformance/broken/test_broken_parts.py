"""Each test of a suite fails for a part that is wrong in what it checks, and says so in its first line."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from s2s_toolkit.testing import AttentionScorerSuite, DecoderSuite, EncoderSuite, guard

HERE = Path(__file__).parent
SUITES = {suite.__name__: suite for suite in (AttentionScorerSuite, EncoderSuite, DecoderSuite)}
FILES = {
    "AttentionScorerSuite": "broken_scorers.py",
    "EncoderSuite": "broken_encoders.py",
    "DecoderSuite": "broken_decoders.py",
}

CHOSEN = "not tensorflow and (not exported or Unexportable) or (WrongGradientInTensorFlow and gradients_agree)"
"""TensorFlow and the export take long, and tell nothing more of what is wrong everywhere."""


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
        "IgnoresOption": Break("option 'sharpness' for any changes nothing", "options_are_heeded"),
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
            "gradients_reach_every_weight gradients_match_finite_differences training_lowers_the_loss "
            "one_seed_gives_one_result weights_are_saved_and_loaded",
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
OPTIONS = {"UnrollDiffers": {"size": 7}, "UnrollsToDouble": {"size": 7}}
EACH = [(suite, part) for suite, parts in BROKEN.items() for part in parts]

Failures = dict[str, dict[str, str]]
"""Class -> test -> the first line of why it failed."""


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """What fails of every suite for every broken part; a process of its own keeps what is broken to itself."""
    for framework in ("torch", "tensorflow"):
        if find_spec(framework) is None:
            pytest.fail(f"{framework} is missing") if os.environ.get("CI") else pytest.skip(f"{framework} is missing")
    folder = tmp_path_factory.mktemp("broken")
    lines = [f"from s2s_toolkit.testing import {', '.join(SUITES)}"]
    for suite, part in EACH:
        files, options = [str(HERE / FILES[suite])], OPTIONS.get(part, {})
        lines.append(f"class Test{part}({suite}): name, options, plugin_files = {part!r}, {options!r}, {files!r}")
    (folder / "test_broken.py").write_text("\n".join(lines))
    arguments = ["-q", "-p", "no:cacheprovider", "-k", CHOSEN, "--tb=line", "--junitxml=report.xml", "test_broken.py"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # arrays this small gain nothing from threads
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return read_failures(folder / "report.xml")


def read_failures(report: Path) -> Failures:
    found: Failures = {}
    for case in ElementTree.parse(report).iter("testcase"):
        for outcome in [*case.findall("failure"), *case.findall("error")]:
            tests = found.setdefault(case.attrib["classname"].rpartition(".")[2], {})
            tests.setdefault(case.attrib["name"].partition("[")[0], outcome.attrib["message"].splitlines()[0])
    return found


@pytest.mark.parametrize(("suite", "part"), EACH)
def test_broken_part_fails_what_it_breaks(failures: Failures, suite: str, part: str) -> None:
    said, failing = BROKEN[suite][part]
    found = failures.get(f"Test{part}", {})
    if failing == CONTRACT:
        assert said in found[CONTRACT]
        others = [line for test, line in found.items() if test != CONTRACT]
        assert others == [found[CONTRACT]] * len(others)
        return
    expected = [f"test_{test}" for test in failing.split()]
    assert set(found) == set(expected)
    assert not expected or said in found[expected[0]]


def test_every_test_fails_for_a_part(failures: Failures) -> None:
    of_contract = {f"Test{part}" for suite, part in EACH if BROKEN[suite][part].failing == CONTRACT}
    found = {test for name, tests in failures.items() if name not in of_contract for test in tests}
    every = {test for suite in SUITES.values() for test in guard.tests_of(suite)}
    assert every - found == {CONTRACT, "test_suite_is_whole"}
