"""A suite can't be weakened unnoticed: what a plugin's test changes of it is refused, and the line says what to do."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import ANY

import pytest

from s2s_toolkit.testing import AttentionScorerSuite, requirements, suite
from s2s_toolkit.testing.requirements import require

pytest_plugins = ["pytester"]

Run = Callable[[str], pytest.RunResult]

SCORERS = Path(__file__).parent / "broken/broken_scorers.py"

QUICK = "numpy and not exported or whole or offered or other"
"""Tests that import no framework but numpy."""

HEADER = f"""
import pytest
from s2s_toolkit.testing import AttentionScorerSuite

class Small(AttentionScorerSuite):
    plugin_files = [{str(SCORERS)!r}]
"""

MINE = "class TestMine(Small): name = 'general'"


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test file in which `Small` knows the broken scorers; in this process, so without a framework but numpy."""

    suite.registry_with.cache_clear()  # what a run imports is forgotten after it

    def start(code: str, tests: str = QUICK) -> pytest.RunResult:
        pytester.makepyfile(test_mine=HEADER + code)
        return pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-rxXfEs", "-k", tests)

    return start


def refused(**body: object) -> str:
    """Why a class that says this in its body is refused, in one line."""
    with pytest.raises(TypeError) as caught:
        type("TestMine", (AttentionScorerSuite,), {"__module__": __name__, "name": "general", **body})
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("value", [None, lambda self: None, property(lambda self: None)])
def test_overridden_or_removed_test_is_refused(value: object) -> None:
    assert refused(test_contract=value) == (
        "TestMine overrides 'test_contract' of its suite; a test that the part can't pass goes into "
        "expected_failures = {'test_contract': 'why'}"
    )


@pytest.mark.parametrize(
    "name",
    ["model", "registry", "_expected_failure", "pytest_generate_tests", "_beside", "_frameworks", "kind", "settable"],
)
def test_overridden_fixture_or_helper_is_refused(name: str) -> None:
    assert refused(**{name: pytest.fixture(lambda self: None)}) == (
        f"TestMine overrides {name!r} of its suite and may only set expected_failures, memory_size, name, options, "
        "plugin_files, query_size; give what is its own another name"
    )


@pytest.mark.parametrize(
    "name", ["__test__", "__init__", "__new__", "__init_subclass__", "__getattribute__", "__getattr__"]
)
def test_switch_that_hides_a_class_is_refused(name: str) -> None:
    assert f"TestMine overrides {name!r}" in refused(**{name: False})


@pytest.mark.parametrize("name", ["setup_method", "teardown_method", "setup_class", "teardown_class"])
def test_what_runs_around_every_test_is_refused(name: str) -> None:
    said = f"has {name!r}, which would run around the tests of its suite; make it a fixture that its own tests ask for"
    assert refused(**{name: lambda self: pytest.skip("later")}) == f"TestMine {said}"
    mixin = type("Mixin", (), {name: lambda self: pytest.skip("later")})
    with pytest.raises(TypeError, match=f"^Mixin {said}$"):
        type("TestMine", (mixin, AttentionScorerSuite), {"__module__": __name__, "name": "general"})


def test_base_of_its_own_changes_nothing_either() -> None:
    class Mixin:
        def test_contract(self) -> None:
            pass

    for bases in ((Mixin, AttentionScorerSuite), (AttentionScorerSuite, Mixin)):
        with pytest.raises(TypeError, match=r"^Mixin overrides 'test_contract' of its suite; "):
            type("TestMine", bases, {"__module__": __name__, "name": "general"})
    with pytest.raises(TypeError, match=r"^Base overrides 'model' of its suite and may only set"):

        class Base(AttentionScorerSuite):
            model = None  # type: ignore[assignment]


def test_unknown_expected_failure_is_refused_with_the_tests_there_are() -> None:
    said = refused(expected_failures={"test_contrct": "why"})
    assert said.startswith("TestMine expects 'test_contrct' to fail, which is no test of its suite; tests: ")
    assert "test_contract" in said


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_expected_failure_without_a_reason_is_refused(reason: object) -> None:
    assert refused(expected_failures={"test_contract": reason}) == (
        "TestMine expects 'test_contract' to fail and gives no reason; write why it can't pass"
    )


def test_part_that_is_right_passes_with_tests_and_fixtures_of_its_own(run: Run) -> None:
    result = run("""
class TestMine(Small):
    name = "general"

    @pytest.fixture
    def own_fixture(self):
        return 5

    def test_another(self, own_fixture, framework):
        assert own_fixture == 5
        assert framework in ("numpy", "torch", "tensorflow")

    @pytest.mark.skip(reason="mine")
    def test_yet_another(self):
        pass
""")
    assert result.parseoutcomes().keys() <= {"passed", "skipped", "deselected"}
    assert result.parseoutcomes()["skipped"] == 1
    assert result.parseoutcomes()["passed"] > 10


def test_expected_failure_is_no_failure(run: Run) -> None:
    result = run("""
class TestMine(Small):
    name, expected_failures = "HasNoSummary", {"test_part_is_offered_once": "it is secret"}
""")
    assert result.ret == 0
    assert result.parseoutcomes()["xfailed"] == 1
    result.stdout.fnmatch_lines(["*it is secret*"])


def test_expected_failure_may_be_of_one_framework(run: Run) -> None:
    result = run(
        """
class TestMine(Small):
    name, expected_failures = "KeepsState", {"test_same_input_gives_same_output[numpy]": "it counts"}
""",
        tests="same_input and numpy",
    )
    assert result.parseoutcomes()["xfailed"] == 1


@pytest.mark.parametrize("test", ["test_same_input_gives_same_output", "test_same_input_gives_same_output[numpy]"])
def test_expected_failure_that_passes_is_a_failure(run: Run, test: str) -> None:
    result = run(f"""
class TestMine(Small):
    name, expected_failures = "general", {{{test!r}: "it counts"}}
""")
    result.assert_outcomes(failed=1, passed=result.parseoutcomes()["passed"], deselected=ANY)
    result.stdout.fnmatch_lines(["*it counts (in expected_failures: take it out once the test passes)*"])


def test_expected_failure_in_a_framework_that_there_is_not_is_refused(run: Run) -> None:
    result = run("""
class TestMine(Small):
    name, expected_failures = "general", {"test_contract[pytorch]": "why"}
""")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["*TestMine expects 'test_contract[[]pytorch]' to fail, and test_contract runs for numpy, torch, tensorflow*"]
    )


@pytest.mark.parametrize(
    "code",
    [
        "class TestMine(Small):\n    name = 'general'{}",
        "class Mixin:{}\n\nclass TestMine(Mixin, Small): name = 'general'",
    ],
    ids=["class", "mixin"],
)
def test_fixture_that_runs_around_every_test_is_refused(run: Run, code: str) -> None:
    result = run(
        code.format("""
    @pytest.fixture(autouse=True)
    def quietly(self, request):
        request.applymarker(pytest.mark.xfail)
""")
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["*TestMine: the fixture 'quietly' would run around the tests of its suite; take autouse away, *"]
    )


@pytest.mark.parametrize("mark", ["skip", "skipif(True, reason='')", "xfail", "xfail(run=False)"])
@pytest.mark.parametrize(
    "code",
    [
        "@pytest.mark.{}\nclass TestMine(Small): name = 'general'",
        "class TestMine(Small): name, pytestmark = 'general', pytest.mark.{}",
        f"pytestmark = pytest.mark.{{}}\n{MINE}",
    ],
    ids=["class", "body", "module"],
)
def test_mark_that_hides_a_failure_is_one(run: Run, code: str, mark: str) -> None:
    result = run(code.format(mark), tests="whole")
    assert sum(result.parseoutcomes().get(outcome, 0) for outcome in ("failed", "errors")) == 1
    told = "skipped" if mark.startswith("skip") else "marked xfail"
    result.stdout.fnmatch_lines([f"*TestMine: test_suite_is_whole is {told}, not by its suite*; take that away, *"])


@pytest.mark.parametrize(
    "code",
    [
        f"{MINE}\n@pytest.fixture(autouse=True)\ndef later(): pytest.skip('later')",
        f"{MINE}\ndef setup_module(): pytest.skip('later')",
        f"{MINE}\nTestMine._classes = lambda *_: pytest.skip('later')",
    ],
    ids=["fixture", "module", "within"],
)
def test_skip_that_is_not_of_the_suite_is_a_failure(run: Run, code: str) -> None:
    result = run(code, tests="typed_and_alike")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*TestMine: test_options_are_typed_and_alike is skipped, not by its suite (later); *"])


MARKED_IN_A_FIXTURE = """
@pytest.fixture(autouse=True)
def marked(request):
    request.applymarker(pytest.mark.xfail)
"""
MARKED_IN_A_HOOK = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.xfail)
"""


@pytest.mark.parametrize(("module", "conftest"), [(MARKED_IN_A_FIXTURE, ""), ("", MARKED_IN_A_HOOK)])
@pytest.mark.parametrize("part", ["general", "HasNoSummary"])
def test_mark_from_elsewhere_hides_nothing(
    run: Run, pytester: pytest.Pytester, module: str, conftest: str, part: str
) -> None:
    pytester.makeconftest(conftest)
    result = run(f"{module}\nclass TestMine(Small): name = {part!r}", tests="offered_once")
    result.assert_outcomes(failed=1, deselected=ANY)


def test_test_that_has_nowhere_to_run_is_left_out(run: Run) -> None:
    result = run("class TestMine(Small): name = 'Native'", tests="frameworks_agree or gradients_agree")
    assert result.parseoutcomes().keys() == {"deselected"}


@pytest.mark.parametrize("replacement", ["None", "lambda self: None"])
def test_test_that_is_replaced_later_is_told(run: Run, replacement: str) -> None:
    result = run(f"""
class TestMine(Small): name = "general"
TestMine.test_contract = {replacement}
""")
    result.assert_outcomes(failed=1, passed=result.parseoutcomes()["passed"], deselected=ANY)
    result.stdout.fnmatch_lines(["*test_contract was replaced after the class was made*"])


@pytest.mark.parametrize("name", ["", "generall"])
def test_part_that_there_is_not_is_told(run: Run, name: str) -> None:
    result = run(f"class TestMine(Small): name = {name!r}")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"*TestMine: no plugin offers the attention scorer {name!r}; installed: *additive*"])


def test_plugin_file_that_there_is_not_is_told(run: Run) -> None:
    result = run("class TestMine(Small): name, plugin_files = 'mine', ['mine.py']")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["TestMine: there is no plugin file *mine.py"])


@pytest.mark.parametrize(("ci", "outcome"), [("", "skipped"), ("1", "failed")])
def test_missing_framework_is_a_skip_and_in_ci_a_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setitem(requirements.NEEDS, "torch", requirements.Need("framework", ("no_such_package",)))
    result = run(MINE, tests="same_input and torch")
    assert result.parseoutcomes()[outcome] == 1
    result.stdout.fnmatch_lines(["*no_such_package is not installed*"])


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("same_input and torch", "no loaded plugin offers the framework 'torch'"),
        ("exported and numpy", "no loaded plugin offers the exporter 'onnx'"),
    ],
)
def test_framework_whose_plugin_is_not_loaded_is_missing_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, tests: str, said: str
) -> None:
    for package in ("torch", "onnx", "onnxruntime", "spox"):
        require(package)
    monkeypatch.setenv("CI", "")
    monkeypatch.setenv("S2S_PLUGINS", "")
    result = run(MINE, tests=tests)
    assert result.parseoutcomes()["skipped"] == 1
    result.stdout.fnmatch_lines([f"*{said}*"])
