"""Find plugins: the built-in one, the installed ones, and those in a file of their own."""

import difflib
import importlib
import importlib.util
import inspect
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pluggy
from packaging.requirements import Requirement

import s2s_toolkit
from s2s_toolkit import builtin, hookspecs
from s2s_toolkit.blame import place
from s2s_toolkit.components import HOOKS, Component
from s2s_toolkit.distributions import ONLY, normalized, wanted
from s2s_toolkit.errors import FOREIGN, PluginError, one_line
from s2s_toolkit.registry import CORE, Offer, Registry


def load_registry() -> Registry:
    """Collect what the built-in and the installed plugins offer; a broken plugin is skipped with a warning."""
    registry = Registry()
    register_plugin(registry, builtin, CORE, s2s_toolkit.__version__)
    chosen, seen = wanted(), set[str]()
    for entry_point in entry_points(group=hookspecs.PROJECT):
        name = entry_point.dist.name if entry_point.dist else entry_point.name
        if chosen is not None and normalized(name) not in chosen:
            registry.left_out.add(name)
            continue
        _register_installed(registry, entry_point, f"{name}:{entry_point.name}" if name in seen else name)
        seen.add(name)
    for missing in sorted((chosen or set()) - {CORE, *map(normalized, seen)}):
        registry.failures[missing] = f"{ONLY} names it, and no plugin of this name is installed"
    for plugin, reason in registry.failures.items():
        warnings.warn(f"plugin {plugin} is skipped: {reason}", stacklevel=2)
    return registry


def register_plugin(registry: Registry, plugin: object, name: str, version: str = "") -> None:
    """Add what one plugin object (a module or an instance with hook implementations) offers.

    A hook that fails is skipped, and the registry's failures say why. PluginError where the object is no plugin.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    _check_hook_names(manager, plugin)
    try:
        manager.register(plugin, name=name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{_hook_of(error)}; a hook takes no arguments") from error
    for kind, function in _implementations(manager):
        try:
            components = _components(function())
        except FOREIGN as error:
            earlier = [registry.failures[name]] if name in registry.failures else []
            registry.failures[name] = "; ".join([*earlier, f"{HOOKS[kind]}: {one_line(error)}"])
            continue
        registry.offers[kind].extend(Offer(component, name, version) for component in components)


def register_files(registry: Registry, paths: Iterable[Path]) -> None:
    """Add the plugins in Python files, each once; PluginError where one can't be loaded.

    A file's folder is put at the end of the import path, so that what it imports may lie beside it.
    """
    known = registry.plugins()
    for path in map(Path.absolute, paths):
        module = _imported(path)
        if path.name in known:
            continue
        try:
            register_plugin(registry, module, path.name)
        except PluginError as error:
            raise PluginError(f"plugin {path.name}: {error}") from error
        if path.name in registry.failures:
            raise PluginError(f"plugin {path.name}: {registry.failures.pop(path.name)}")
        known.add(path.name)


def _register_installed(registry: Registry, entry_point: EntryPoint, name: str) -> None:
    try:
        if entry_point.dist and (needed := _unmet(entry_point.dist)):
            raise PluginError(f"it needs {needed}, and this is {s2s_toolkit.__version__}; install two that go together")
        register_plugin(registry, entry_point.load(), name, entry_point.dist.version if entry_point.dist else "")
    except FOREIGN as error:
        registry.failures[name] = one_line(error)


def _unmet(distribution: Distribution) -> str:
    """What a plugin requires of the core, if the core is another version than that; else nothing.

    pip sees to it when it installs the plugin, and only warns when it changes the core afterwards.
    """
    for line in distribution.requires or ():
        required = Requirement(line)
        if normalized(required.name) != CORE or (required.marker and not required.marker.evaluate({"extra": ""})):
            continue
        if not required.specifier.contains(s2s_toolkit.__version__, prereleases=True):
            return f"{CORE}{required.specifier}"
    return ""


def _imported(path: Path) -> Any:
    """The module in a file, under the file's own name, so that its components' targets find it."""
    if not path.is_file():
        raise PluginError(f"there is no plugin file {path}")
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise PluginError(f"a plugin file is named like a Python module, as in my_attention.py; given {path.name}")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    importlib.invalidate_caches()
    found = _origin(path.stem)
    if found is None or Path(found).resolve() != path.resolve():
        where = f" ({found})" if found else ""
        raise PluginError(f"plugin {path} is called like the Python module {path.stem!r}{where}; rename it")
    try:
        return importlib.import_module(path.stem)
    except FOREIGN as error:
        said = one_line(error) + ("" if isinstance(error, SyntaxError) else place(error, str(path)))
        raise PluginError(f"plugin {path.name} can't be imported: {said}") from error


def _origin(module: str) -> str | None:
    """Where Python would find a module, or has found it; None where that is no file."""
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:  # a module that some program made
        return None
    return spec.origin if spec else None


def _check_hook_names(manager: pluggy.PluginManager, plugin: object) -> None:
    """pluggy silently ignores a misspelt hook and one without its decorator; here both are errors."""
    hooks, found = HOOKS.values(), 0
    for name in dir(plugin):
        implementation = manager.parse_hookimpl_opts(plugin, name)
        if implementation is None:
            _check_undecorated(plugin, name)
            continue
        hook, found = implementation.get("specname") or name, found + 1
        if hook not in hooks:
            raise PluginError(f"there is no hook {hook!r}; {_closest(hook, hooks)}hooks: {', '.join(hooks)}")
    if not found:
        raise PluginError("it has no hook; decorate a function that is called like one with @hookimpl")


def _check_undecorated(plugin: object, name: str) -> None:
    if name in HOOKS.values():
        raise PluginError(f"{name} is not decorated with @hookimpl")
    hint = _closest(name, HOOKS.values(), cutoff=0.85)  # a helper's name may resemble a hook's a little
    if hint and inspect.isroutine(getattr(plugin, name)):
        raise PluginError(f"{name} is no hook and not decorated with @hookimpl; {hint.strip()}")


def _closest(name: str, names: Collection[str], cutoff: float = 0.6) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f"did you mean {close[0]!r}? " if close else ""


def _hook_of(error: pluggy.PluginValidationError) -> str:
    """The hook in whose implementation pluggy found something, from the first line of what it says."""
    found = re.search(r"hook '(\w+)'", str(error))
    return f"{found[1]} has a wrong signature" if found else one_line(error)


def _implementations(manager: pluggy.PluginManager) -> Iterator[tuple[str, Any]]:
    """Each implementation on its own, so that one that raises doesn't silence the others."""
    for kind, hook in HOOKS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            yield kind, implementation.function


def _components(returned: object) -> list[Component]:
    """What a hook returned, once it is known to be what it must be."""
    if not isinstance(returned, Iterable):
        raise PluginError(f"it must return a list of Components, and returned {returned!r:.60}")
    records = list(returned)
    for record in records:
        if not isinstance(record, Component):
            raise PluginError(f"it must return a list of Components, and {record!r:.60} is none")
    return records
