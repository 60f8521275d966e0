"""Installed plugins: what they offer is found; a broken one is skipped with its reason and disturbs nobody."""

import re
import sys

import pytest

import s2s_toolkit
from s2s_toolkit.distributions import ONLY
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.testing.requirements import require

IMPORTS = "from s2s_toolkit.components import ANY, Component\nfrom s2s_toolkit.hookspecs import hookimpl\n"
GOOD = IMPORTS + '@hookimpl\ndef s2s_metrics():\n    return [Component("half", ANY, "math:sqrt", "for a test")]\n'


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution of one module, with entry points by name; by default one, to the module."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(distribution, source, entry_points=None, requires=()):
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n{needs}")
        lines = [f"{name} = {target}" for name, target in (entry_points or {"plugin": module}).items()]
        (info / "entry_points.txt").write_text("\n".join(["[s2s_toolkit]", *lines, ""]))
        monkeypatch.delitem(sys.modules, module, raising=False)

    return write


def load_with_warnings():
    """The registry, and what was warned of."""
    with pytest.warns(UserWarning, match="is skipped") as caught:
        registry = load_registry()
    return registry, [str(warning.message) for warning in caught]


def test_installed_plugin_is_found_by_its_distribution(install):
    install("s2s-good", GOOD)
    registry = load_registry()
    assert registry.load("metric", "half")(16) == 4
    assert [offer.plugin for offer in registry.offers["metric"] if offer.component.name == "half"] == ["s2s-good"]


def test_entry_point_to_a_missing_object_is_skipped(install):
    install("s2s-broken", GOOD, {"plugin": "s2s_broken:missing"})
    registry, _ = load_with_warnings()
    assert registry.failures["s2s-broken"] == "AttributeError: module 's2s_broken' has no attribute 'missing'"


def test_distribution_may_hold_several_plugins(install):
    more = """
class More:
    @hookimpl
    def s2s_metrics(self):
        return [Component("third", ANY, "math:cbrt", "for a test")]

more = More()
"""
    install("s2s-pair", GOOD + more, {"one": "s2s_pair", "two": "s2s_pair:more"})
    registry = load_registry()
    assert registry.failures == {}
    assert {"half", "third"} <= set(registry.names("metric"))


def test_offer_has_the_version_of_its_distribution(install):
    install("s2s-good", GOOD)
    assert load_registry().find_offer("metric", "half").version == "1.0"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("s2s-good", {"half"}),
        ("S2S_Good, s2s.third", {"half", "third"}),
        ("s2s-third,", {"third"}),
        ("s2s-toolkit", set()),
        ("", set()),
        (None, {"half", "third"}),
    ],
)
def test_environment_restricts_what_is_loaded(given, found, install, monkeypatch):
    install("s2s-good", GOOD)
    install("s2s-third", GOOD.replace("half", "third"))
    monkeypatch.delenv(ONLY, raising=False)
    if given is not None:
        monkeypatch.setenv(ONLY, given)
    else:
        require("torch")
    registry = load_registry()
    assert registry.failures == {}
    assert {"half", "third"} & set(registry.names("metric")) == found
    assert {"exact_match", "wer"} <= set(registry.names("metric"))
    assert (registry.names("framework") == ["numpy"]) == (given is not None)


def test_plugin_that_is_not_asked_for_is_not_even_imported(install, monkeypatch):
    install("s2s-good", GOOD)
    install("s2s-broken", "raise RuntimeError('no licence')")
    monkeypatch.setenv(ONLY, "s2s-good")
    registry = load_registry()
    assert registry.failures == {}
    assert "s2s_broken" not in sys.modules
    with pytest.raises(UnknownComponentError, match=r"; S2S_PLUGINS leaves out s2s-broken, "):
        registry.find("tokenizer", "mine")


def test_plugin_that_is_asked_for_and_missing_is_told(install, monkeypatch):
    install("s2s-good", GOOD)
    monkeypatch.setenv(ONLY, "s2s-good,s2s-absent")
    registry, warned = load_with_warnings()
    told = "S2S_PLUGINS names it, and no plugin of this name is installed"
    assert registry.failures == {"s2s-absent": told}
    assert warned == [f"plugin s2s-absent is skipped: {told}"]
    assert "half" in registry.names("metric")


@pytest.mark.parametrize(
    "requirement", ["s2s-toolkit>=9.1", "S2S_Toolkit[testing] <0.0.1", "s2s-toolkit==0.0.*; python_version > '3'"]
)
def test_plugin_for_another_version_of_the_toolkit_is_not_even_imported(requirement, install):
    install("s2s-late", "raise RuntimeError('imported')", requires=["numpy>=1", requirement])
    registry, _ = load_with_warnings()
    said = re.fullmatch(
        r"it needs s2s-toolkit(\S+), and this is (\S+); install two that go together", registry.failures["s2s-late"]
    )
    assert said[1] in requirement
    assert said[2] == s2s_toolkit.__version__


@pytest.mark.parametrize(
    "requirement",
    ["s2s-toolkit", "s2s-toolkit>=0.0.1", f"s2s-toolkit=={s2s_toolkit.__version__}", "s2s-toolkit>9; extra == 'test'"],
)
def test_plugin_for_this_version_is_loaded(requirement, install):
    """What an extra of it would need does not matter."""
    install("s2s-good", GOOD, requires=[requirement])
    registry = load_registry()
    assert registry.failures == {}
    assert "half" in registry.names("metric")
