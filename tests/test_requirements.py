"""What a test can't do without: missing, it skips the test on a laptop and fails it in CI."""

import pytest

from s2s_toolkit.testing.requirements import Inapplicable, require, require_distribution

MISSING = {"module": (require, "no_such_module"), "distribution": (require_distribution, "no-such-distribution")}
each_need = pytest.mark.parametrize(("need", "name"), MISSING.values(), ids=MISSING)


@each_need
def test_what_is_missing_skips_on_a_laptop(need, name, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(Inapplicable, match=f"^{name} is not installed$"):
        need(name)


@each_need
def test_what_is_missing_fails_in_ci(need, name, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=f"^{name} is not installed, and CI must test it$"):
        need(name)


def test_what_is_there_is_no_hindrance(monkeypatch):
    monkeypatch.setenv("CI", "true")
    require("pytest")
    require_distribution("numpy")
