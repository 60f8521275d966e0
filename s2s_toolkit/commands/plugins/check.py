"""`s2s plugins check`: hold a plugin's parts to what is expected of them."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s2s_toolkit.commands.messages import tell
from s2s_toolkit.commands.plugins.kinds import kind_option
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.distributions import normalized
from s2s_toolkit.errors import PluginError
from s2s_toolkit.plugins import register_files
from s2s_toolkit.registry import Offer, Registry

if TYPE_CHECKING:
    from s2s_toolkit.checks.findings import Finding
    from s2s_toolkit.checks.suites import Subject

COLUMNS = ("part", "framework", "check", "result")


@click.command("check")
@click.argument("plugin", metavar="PACKAGE|FILE.py")
@kind_option("Check parts of one kind.")
@click.option("-v", "--verbose", is_flag=True, help="Show where each failing check failed.")
@click.pass_obj
def command(registry: Registry, plugin: str, *, kind: str | None, verbose: bool) -> None:
    """Run the conformance suites on every part that a plugin offers.

    The plugin is an installed package, as `s2s plugins list` calls it, or a Python file. A part that is made for some
    frameworks alone is checked in those. The exit code is 2 unless all holds.
    """
    findings = check_plugin(plugin, registry, kind)
    groups = list(_groups(findings))
    show_table(COLUMNS, [row for group in groups for row in _rows(group)])
    for first in (group[0] for group in groups):
        if verbose and first.traceback:
            click.echo(f"\n{first.part}, {first.framework or 'any'}: {first.check}\n\n{first.traceback}")
    counts = Counter(finding.outcome for finding in findings)
    if counts["fails"]:
        hint = "" if verbose else "; -v shows where"
        raise PluginError(f"{plugin}: {counts['fails']} of {len(findings)} checks fail{hint}")
    tell(f"{plugin}: {counts['holds']} checks hold" + (f", {counts['skipped']} are skipped" * bool(counts["skipped"])))


def _groups(findings: Sequence["Finding"]) -> Iterator[list["Finding"]]:
    """The findings in their order; of those that fail, neighbours of one part with one reason stand together."""
    for (_, outcome, _), group in groupby(findings, lambda finding: (finding.part, finding.outcome, finding.reason)):
        if outcome == "fails":
            yield list(group)
        else:
            yield from ([finding] for finding in group)


def _rows(group: Sequence["Finding"]) -> Iterator[tuple[str, ...]]:
    """A row of `COLUMNS` for a finding, and one for all others of its group: one mistake may be the reason of many."""
    first, others = group[0], len(group) - 1
    yield first.part, first.framework, first.check, ": ".join(filter(None, [first.outcome, first.reason]))
    if others:
        yield first.part, "", f"{others} more", "fails: as above"


def check_plugin(plugin: str, registry: Registry, kind: str | None = None) -> list["Finding"]:
    """Check what a package or a file offers; what of it can't be loaded is a finding too.

    Args:
        plugin: The distribution's name, or the path of a file, which the registry is then given.
        registry: The installed plugins.
        kind: Check parts of this kind alone.
    """
    from s2s_toolkit.checks.findings import Finding
    from s2s_toolkit.checks.suites import SUITES, run_suites
    from s2s_toolkit.commands.plugins.basics import basic_findings

    files = [Path(plugin)] if plugin.endswith(".py") else []
    name = files[0].name if files else _as_registered(plugin, registry)
    failure = _load_file(files[0], registry) if files else registry.failures.get(name, "")
    failed = [Finding(plugin, "", "can be loaded", "fails", failure)] if failure else []
    if failed and files:
        return failed
    offered = _offered(name, registry, kind, is_known=bool(failed))
    subjects = _subjects((each, offer) for each, offer in offered if each in SUITES)
    if subjects:
        tell(f"{plugin}: running the tests of {', '.join(map(str, subjects))}; this may take minutes")
    found = run_suites(subjects, files) if subjects else []
    others = [(each, offer) for each, offer in offered if each not in SUITES]
    return failed + found + [finding for each, offer in others for finding in basic_findings(each, offer, registry)]


def _as_registered(plugin: str, registry: Registry) -> str:
    """A package as the registry calls it, which was given as pip takes it."""
    known = {normalized(name): name for name in (*registry.plugins(), *registry.failures)}
    return known.get(normalized(plugin), plugin)


def _load_file(path: Path, registry: Registry) -> str:
    """Load a plugin's file; why that failed, "" if it did not."""
    if not path.is_file():
        raise PluginError(f"there is no plugin file {path}")
    try:
        register_files(registry, [path])
    except PluginError as error:
        return str(error)
    return ""


def _offered(plugin: str, registry: Registry, kind: str | None, *, is_known: bool) -> list[tuple[str, Offer]]:
    """Kinds, and what a plugin offers of them; PluginError where that is nothing, unless it is known to be broken."""
    by_plugin: dict[str, list[tuple[str, Offer]]] = {}
    for each, offers in registry.offers.items():
        for offer in offers:
            by_plugin.setdefault(offer.plugin, []).append((each, offer))
    offered = by_plugin.get(plugin, [])
    if not offered and not is_known:
        names = sorted({*by_plugin, *registry.failures})
        close = difflib.get_close_matches(plugin, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise PluginError(f"no plugin called {plugin!r}; {hint}installed: {', '.join(names)}; a file ends in .py")
    wanted = [(each, offer) for each, offer in offered if kind in (None, each)]
    if offered and not wanted:
        kinds = ", ".join(dict.fromkeys(each for each, _ in offered))
        raise PluginError(f"{plugin} offers no {kind}; it offers: {kinds}")
    return wanted


def _subjects(offered: Iterable[tuple[str, Offer]]) -> list["Subject"]:
    """Each part once, with the frameworks that it is offered for."""
    from s2s_toolkit.checks.suites import Subject

    frameworks: dict[tuple[str, str], list[str]] = {}
    for kind, offer in offered:
        frameworks.setdefault((kind, offer.component.name), []).append(offer.component.framework)
    return [Subject(kind, name, tuple(made_for)) for (kind, name), made_for in frameworks.items()]
