"""Write the package: its files are templates, filled in."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import s2s_toolkit
from s2s_toolkit.components import HOOKS
from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import atomic_folder
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.scaffold.naming import Names

TEMPLATES = Path(__file__).parent / "templates"


def check_free(names: Names, kind: str, registry: Registry) -> None:
    """S2SError where an installed plugin has the part's name, or another plugin the package's."""
    own = {offer.plugin for offer in registry.offers[kind] if offer.component.name == names.part}
    if others := sorted(own - {names.distribution}):
        raise S2SError(f"{kind} {names.part!r} is offered by {' and '.join(others)}; choose another name")
    installed = {offer.plugin for offers in registry.offers.values() for offer in offers}
    if names.distribution in installed - own:
        raise S2SError(f"{names.distribution} is another plugin, which is installed; choose another name")


def write_package(path: Path, names: Names, kind: str) -> None:
    """Write a package that can be installed; S2SError, and nothing written, where something is there."""
    if path.exists() or path.is_symlink():
        raise S2SError(f"{path} exists; choose another place with --output")
    values = _values(names, kind)
    with atomic_folder(path) as temporary:
        for template, file in _files(names, kind):
            text = Template((TEMPLATES / f"{template}.template").read_text(encoding="utf-8"))
            (temporary / file).parent.mkdir(parents=True, exist_ok=True)
            (temporary / file).write_text(text.substitute(values), encoding="utf-8", newline="\n")


def usage(names: Names, kind: str) -> str:
    """The lines of a config, or the commands, that use the part."""
    return Template(KINDS[kind].use).substitute(name=names.part)


def commands(path: Path, names: Names) -> list[str]:
    """What to type next."""
    return [
        f"cd {shlex.quote(str(path))}",
        'pip install -e ".[test]"',
        "pytest",
        f"s2s plugins check {names.distribution}",
        f"s2s plugins show {names.part}",
    ]


def _files(names: Names, kind: str) -> Iterator[tuple[str, Path]]:
    """Template -> file."""
    package, templates = Path(names.package), kind.replace(" ", "_")
    yield "pyproject.toml", Path("pyproject.toml")
    yield "README.md", Path("README.md")
    yield "__init__.py", package / "__init__.py"
    yield "plugin.py", package / "plugin.py"
    yield "py.typed", package / "py.typed"
    yield f"parts/{templates}.py", package / f"{names.module}.py"
    yield f"tests/{'suite' if KINDS[kind].suite else templates}.py", Path("tests") / f"test_{names.module}.py"


def _values(names: Names, kind: str) -> dict[str, str]:
    """What the templates name."""
    about = KINDS[kind]
    return {
        "name": names.part,
        "module": names.module,
        "package": names.package,
        "distribution": names.distribution,
        "words": names.words,
        "target": about.target(names.words),
        "kind": kind,
        "hook": HOOKS[kind],
        "summary": about.summary,
        "suite": about.suite,
        "options": f"\n    options = {about.tested_with}" if about.tested_with else "",
        "language": about.language,
        "use": usage(names, kind),
        "version": s2s_toolkit.__version__,
    }
