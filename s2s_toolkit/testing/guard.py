"""What keeps a suite whole: a plugin's test may name its part and add tests of its own, and change nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

OURS = __name__.rpartition(".")[0]

SET_BY_TESTS = frozenset({"name", "options", "plugin_files", "expected_failures"})
"""What a plugin's test says; a suite adds to it by its `settable`."""

SWITCHES = frozenset({"__test__", "__init__", "__new__", "__init_subclass__", "__getattribute__", "__getattr__"})
"""Special names by which a class escapes pytest or this guard."""

AROUND = frozenset({"setup_method", "teardown_method", "setup_class", "teardown_class"})
"""What pytest calls around every test of a class."""


def require_untouched(cls: type) -> None:
    """TypeError where a class, or a base of the plugin's own, changes more of its suite than it may."""
    suites = [base for base in cls.__mro__ if _is_ours(base)]
    settable = SET_BY_TESTS.union(*(vars(suite).get("settable", ()) for suite in suites))
    fixed = {name for suite in suites for name in vars(suite) if not _is_special(name)} - settable | SWITCHES
    for base in cls.__mro__:
        if _is_ours(base) or base is object:
            continue
        for name in vars(base):
            if name in fixed:
                raise TypeError(f"{base.__name__} overrides {name!r} of its suite{_remedy(name, settable)}")
            if name in AROUND:
                raise TypeError(
                    f"{base.__name__} has {name!r}, which would run around the tests of its suite; "
                    "make it a fixture that its own tests ask for"
                )


def require_reasons(cls: type, expected_failures: Mapping[str, str]) -> None:
    """TypeError where a class expects something to fail that is no test of its suite, or does not say why."""
    tests = inherited_tests(cls)
    for test, reason in expected_failures.items():
        if test.partition("[")[0] not in tests:
            raise TypeError(
                f"{cls.__name__} expects {test!r} to fail, which is no test of its suite; tests: {', '.join(tests)}"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise TypeError(f"{cls.__name__} expects {test!r} to fail and gives no reason; write why it can't pass")


def inherited_tests(cls: type) -> dict[str, Any]:
    """Name -> function of every test that a class has from suites."""
    suites = (base for base in cls.__mro__ if _is_ours(base))
    return {name: value for base in suites for name, value in vars(base).items() if name.startswith("test_")}


def uninvited_fixtures(cls: type, fixture_names: Sequence[str]) -> list[str]:
    """The fixtures of a class's own among those of a test of its suite, which never asks for them."""
    own = {name for base in cls.__mro__ if not _is_ours(base) and base is not object for name in vars(base)}
    return [name for name in fixture_names if name in own]


def replaced_tests(cls: type) -> Iterator[str]:
    """The tests of its suite that a class no longer has as they were."""
    return (name for name, test in inherited_tests(cls).items() if getattr(cls, name, None) is not test)


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith(f"{OURS}.")


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _remedy(name: str, settable: frozenset[str]) -> str:
    if name.startswith("test_"):
        return f"; a test that the part can't pass goes into expected_failures = {{{name!r}: 'why'}}"
    return f" and may only set {', '.join(sorted(settable))}; give what is its own another name"
