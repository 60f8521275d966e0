"""What every conformance suite shares: which part is tested, where, and which tests it is known to fail."""

import dis
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import pytest

from s2s_toolkit.components import ANY
from s2s_toolkit.errors import PluginError
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.options import option_parameters
from s2s_toolkit.parts.twins import reference_of
from s2s_toolkit.plugins import load_registry, register_files
from s2s_toolkit.registry import Offer, Registry
from s2s_toolkit.testing.guard import (
    inherited_tests,
    replaced_tests,
    require_reasons,
    require_untouched,
    uninvited_fixtures,
)
from s2s_toolkit.testing.requirements import require_framework
from s2s_toolkit.testing.session import NOWHERE, watch

FRAMEWORKS = (REFERENCE, "torch", "tensorflow")
"""Where a portable part runs before it is exported."""


class Suite:
    """A pytest class that says what is expected of a part; a plugin's test inherits it and names the part.

    `class TestCosine(AttentionScorerSuite): name = "cosine"` is a whole test. It may have further tests and fixtures of
    its own; nothing of the suite can be overridden or removed. A test that a part can't pass stands in
    `expected_failures` with the reason, and then has to fail.

    Attributes:
        name: What a config calls the part.
        options: The options that it is made with; its own defaults without.
        plugin_files: Python files that offer it, where no installed plugin does.
        expected_failures: Test -> why it fails; "test_name", or "test_name[torch]" for one framework.
    """

    kind: ClassVar[str] = ""
    settable: ClassVar[frozenset[str]] = frozenset()

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    plugin_files: ClassVar[Sequence[str | Path]] = ()
    expected_failures: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_untouched(cls)
        require_reasons(cls, cls.expected_failures)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test that takes a `framework` in each that the part is made for, or a `trainer` in each that trains.

        `another_framework` and `another_trainer` are all but the first, for comparisons with it.
        """
        watch(metafunc.config)
        test, frameworks = metafunc.function.__name__, self._frameworks()
        trainers = [framework for framework in frameworks if framework != REFERENCE]
        values = {
            "framework": frameworks,
            "trainer": trainers,
            "another_framework": frameworks[1:],
            "another_trainer": trainers[1:],
        }
        if test in inherited_tests(type(self)):
            self._refuse_fixtures(metafunc)
            taken = next((name for name in values if name in metafunc.fixturenames), "")
            self._refuse_unknown_variants(test, values.get(taken))
        for name in values:
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values[name] or [NOWHERE])

    def _frameworks(self) -> list[str]:
        """Where the part runs; without any, nothing would be tested."""
        try:
            registry = registry_with(*self.plugin_files)
        except PluginError as error:
            raise pytest.Collector.CollectError(f"{type(self).__name__}: {error}") from error
        if not offers_of(self.kind, self.name, registry):
            installed = ", ".join(sorted({offer.component.name for offer in registry.offers[self.kind]}))
            raise pytest.Collector.CollectError(
                f"{type(self).__name__}: no plugin offers the {self.kind} {self.name!r}; installed: {installed}; "
                "set `name`, and `plugin_files` where it is in a file"
            )
        return frameworks_of(self.kind, self.name, registry)

    def _refuse_fixtures(self, metafunc: pytest.Metafunc) -> None:
        for name in uninvited_fixtures(type(self), metafunc.fixturenames):
            raise pytest.Collector.CollectError(
                f"{type(self).__name__}: the fixture {name!r} would run around the tests of its suite; "
                "take autouse away, and let its own tests ask for it"
            )

    def _refuse_unknown_variants(self, test: str, values: Sequence[str] | None) -> None:
        for expected in self.expected_failures:
            name, bracket, variant = expected.partition("[")
            if values is not None and name == test and bracket and variant.removesuffix("]") not in values:
                raise pytest.Collector.CollectError(
                    f"{type(self).__name__} expects {expected!r} to fail, and {test} runs for {', '.join(values)}"
                )

    @pytest.fixture(autouse=True)
    def _expected_failure(self, request: pytest.FixtureRequest) -> None:
        """Mark a test that is known to fail; if it passes, the mark is out of date and that is a failure."""
        for test in (request.node.name, request.node.originalname):
            if test in self.expected_failures:
                reason = f"{self.expected_failures[test]} (in expected_failures: take it out once the test passes)"
                request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def registry(self) -> Registry:
        """The installed plugins, and those of `plugin_files`."""
        return registry_with(*self.plugin_files)

    def test_suite_is_whole(self) -> None:
        """No test of the suite was replaced after the class was made."""
        replaced = ", ".join(replaced_tests(type(self)))
        assert not replaced, f"{replaced} was replaced after the class was made; leave the suite's tests as they are"

    def test_part_is_offered_once(self, registry: Registry) -> None:
        """One plugin offers the part for each framework, with a summary in one line."""
        offers = offers_of(self.kind, self.name, registry)
        frameworks = [offer.component.framework for offer in offers]
        for offer in offers:
            framework, summary = offer.component.framework, offer.component.summary
            others = ", ".join(o.plugin for o in offers if o.component.framework == framework)
            assert frameworks.count(framework) == 1, f"{self.name!r} for {framework} is offered by {others}; rename one"
            assert summary.strip(), f"{self.name!r} of {offer.plugin} has no summary; its Component needs one"
            assert "\n" not in summary, f"the summary of {self.name!r} of {offer.plugin} has more than one line"

    def test_options_are_typed_and_alike(self, registry: Registry) -> None:
        """Every form of the part takes the same options: keyword-only, with a type and a default."""
        forms = {}
        for framework, part in self._classes(registry).items():
            parameters = option_parameters(part)
            for name, parameter in parameters.items():
                assert parameter.annotation is not parameter.empty, f"option {name!r} for {framework} has no type"
                assert parameter.default is not parameter.empty, f"option {name!r} for {framework} has no default"
            forms[framework] = {name: (p.annotation, p.default) for name, p in parameters.items()}
        first = next(iter(forms), "")
        for framework, form in forms.items():
            for name in sorted(form.keys() | forms[first].keys()):
                one, other = form.get(name, "missing"), forms[first].get(name, "missing")
                assert one == other, f"option {name!r} differs: {one} for {framework}, {other} for {first}"

    def test_options_are_read(self, registry: Registry) -> None:
        """The constructor reads each option that it takes."""
        for framework, part in self._classes(registry).items():
            for name in option_parameters(part):
                assert name in _names_read(reference_of(part).__init__), (
                    f"option {name!r} for {framework} is never read"
                )

    def _classes(self, registry: Registry) -> dict[str, Any]:
        """Framework -> the part's class there; what is no class has no options."""
        offers = offers_of(self.kind, self.name, registry)
        frameworks = [offer.component.framework for offer in offers]
        for framework in frameworks:
            require_framework(framework, registry)
        parts = {framework: registry.load(self.kind, self.name, framework) for framework in frameworks}
        return {framework: part for framework, part in parts.items() if isinstance(part, type)}


def offers_of(kind: str, name: str, registry: Registry) -> list[Offer]:
    """Every form of a part."""
    return [offer for offer in registry.offers[kind] if offer.component.name == name]


def frameworks_of(kind: str, name: str, registry: Registry) -> list[str]:
    """The frameworks that a part runs in: all for a portable one, the reference first."""
    made_for = {offer.component.framework for offer in offers_of(kind, name, registry)}
    everywhere = set(FRAMEWORKS) if ANY in made_for else set()
    runs_in = (made_for | everywhere) - {ANY, "onnx"}
    known = [framework for framework in FRAMEWORKS if framework in runs_in]
    return [*known, *sorted(runs_in - set(FRAMEWORKS))]


@lru_cache
def registry_with(*plugin_files: str | Path) -> Registry:
    """The installed plugins, and those in files."""
    registry = load_registry()
    register_files(registry, map(Path, plugin_files))
    return registry


def _names_read(function: Any) -> set[str]:
    """The variables that a function's code reads; in some versions of Python one instruction reads two."""
    read = [i.argval for i in dis.get_instructions(function) if i.opname.startswith("LOAD")]
    return {name for value in read for name in (value if isinstance(value, tuple) else (value,))}
