"""Find the parts that plugins offer, by kind, name and framework; import them on first use."""

import importlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from s2s_toolkit import builtin, hookspecs
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.errors import UnknownComponentError

REMEDIES = {
    "framework": 'more come with pip install "s2s-toolkit[torch]" or "s2s-toolkit[tensorflow]"',
    "exporter": 'more come with pip install "s2s-toolkit[onnx-export]"',
}
"""Kind -> how to get the parts that the core comes without."""


@dataclass(frozen=True)
class Offer:
    """A component and the plugin that offers it."""

    component: Component
    plugin: str


@dataclass
class Registry:
    """Every part that is installed, and every plugin that failed to load with the reason."""

    offers: dict[str, list[Offer]] = field(default_factory=lambda: {kind: [] for kind in HOOKS})
    failures: dict[str, str] = field(default_factory=dict)

    def find(self, kind: str, name: str, framework: str = ANY) -> Component:
        """The component of this kind and name: one made for the framework, else a portable one."""
        for wanted in (framework, ANY):
            found = [o for o in self.offers[kind] if (o.component.name, o.component.framework) == (name, wanted)]
            if len(found) > 1:
                plugins = " and ".join(offer.plugin for offer in found)
                raise UnknownComponentError(f"{kind} {name!r} is offered by {plugins}; uninstall or rename one")
            if found:
                return found[0].component
        installed = ", ".join(self.names(kind, framework)) or "none"
        where = "" if framework == ANY else f" for {framework}"
        remedy = f"; {REMEDIES[kind]}" if kind in REMEDIES else ""
        raise UnknownComponentError(f"no {kind} called {name!r}{where}; installed: {installed}{remedy}")

    def has(self, kind: str, name: str, framework: str) -> bool:
        """Whether `find` would answer."""
        return name in self.names(kind, framework)

    def load(self, kind: str, name: str, framework: str = ANY) -> Any:
        """Import and return the object that a component stands for."""
        component = self.find(kind, name, framework)
        module, _, attribute = component.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:  # see _register
            message = f"{kind} {name!r} can't be loaded from {component.target}: {_reason(error)}"
            raise UnknownComponentError(message) from error

    def names(self, kind: str, framework: str = ANY) -> list[str]:
        """The names that `find` knows for a kind and framework, sorted."""
        usable = (framework, ANY)
        return sorted({o.component.name for o in self.offers[kind] if o.component.framework in usable})


def load_registry() -> Registry:
    """Collect what the built-in and the installed plugins offer; a broken plugin is skipped with a warning."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, name="s2s-toolkit")
    registry = Registry()
    for entry_point in entry_points(group=hookspecs.PROJECT):
        _register(manager, entry_point, registry)
    _collect(manager, registry)
    for plugin, reason in registry.failures.items():
        warnings.warn(f"plugin {plugin} is skipped: {reason}", stacklevel=2)
    return registry


def register_plugin(registry: Registry, plugin: object, name: str) -> None:
    """Add one plugin object (a module or an instance with hook implementations) to a registry."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    _check_hook_names(manager, plugin)
    manager.register(plugin, name=name)
    _collect(manager, registry)


def _register(manager: pluggy.PluginManager, entry_point: EntryPoint, registry: Registry) -> None:
    name = entry_point.dist.name if entry_point.dist else entry_point.name
    if manager.has_plugin(name):  # another entry point of the same distribution
        name = f"{name}:{entry_point.name}"
    try:
        plugin = entry_point.load()
        _check_hook_names(manager, plugin)
        manager.register(plugin, name=name)
    except Exception as error:  # whatever a third party's module raises must not take the program down
        registry.failures[name] = _reason(error)


def _check_hook_names(manager: pluggy.PluginManager, plugin: object) -> None:
    """pluggy ignores a misspelt hook silently; here it is an error."""
    for name in dir(plugin):
        implementation = manager.parse_hookimpl_opts(plugin, name)
        hook = implementation and (implementation.get("specname") or name)
        if hook and hook not in HOOKS.values():
            raise UnknownComponentError(f"there is no hook {hook!r}; hooks: {', '.join(HOOKS.values())}")


def _collect(manager: pluggy.PluginManager, registry: Registry) -> None:
    for kind, plugin, function in _implementations(manager):
        try:
            components = [_checked(record) for record in function()]
        except Exception as error:  # see _register
            registry.failures[plugin] = f"{HOOKS[kind]}: {_reason(error)}"
            continue
        registry.offers[kind].extend(Offer(component, plugin) for component in components)


def _implementations(manager: pluggy.PluginManager) -> Iterator[tuple[str, str, Any]]:
    """Each plugin's implementation on its own, so that one that raises doesn't silence the others."""
    for kind, hook in HOOKS.items():
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            yield kind, implementation.plugin_name, implementation.function


def _checked(record: object) -> Component:
    if not isinstance(record, Component):
        raise TypeError(f"expected a Component, got {record!r}")
    return record


def _reason(error: Exception) -> str:
    """The error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
