"""Find the parts that plugins offer, by kind, name and framework; import them on first use."""

import difflib
import importlib
from dataclasses import dataclass, field
from typing import Any

from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.errors import FOREIGN, PluginError, UnknownComponentError, one_line
from s2s_toolkit.remedies import ways_to_more

CORE = "s2s-toolkit"
"""The plugin that the built-in parts come from."""


@dataclass(frozen=True)
class Offer:
    """A component and the plugin that offers it.

    Attributes:
        component: What is offered.
        plugin: The distribution, or the name of the file, that offers it; a distribution's second plugin has the name
            of its entry point behind a colon.
        version: The distribution's version; a file has none.
    """

    component: Component
    plugin: str
    version: str = ""

    @property
    def distribution(self) -> str:
        """The distribution, or the name of the file."""
        return self.plugin.partition(":")[0]


@dataclass(repr=False)
class Registry:
    """Every part that is installed, and every plugin that failed to load with the reason.

    Attributes:
        offers: Kind -> what is offered.
        failures: Plugin -> why it was skipped.
        left_out: The installed plugins that were not to be loaded.
        origins: Kind and name -> the plugin from which an opened run had that part.
    """

    offers: dict[str, list[Offer]] = field(default_factory=lambda: {kind: [] for kind in HOOKS})
    failures: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    origins: dict[tuple[str, str], str] = field(default_factory=dict)

    def find_offer(self, kind: str, name: str, framework: str = ANY) -> Offer:
        """The offer of this kind and name: one made for the framework, else a portable one."""
        self._require_one_reference(kind, name)
        for wanted in (framework, ANY):
            found = [o for o in self.offers[kind] if (o.component.name, o.component.framework) == (name, wanted)]
            if len(found) > 1:
                plugins = list(dict.fromkeys(offer.plugin for offer in found))
                said = f"{' and '.join(plugins)}; uninstall" if len(plugins) > 1 else f"{plugins[0]} twice; remove"
                raise UnknownComponentError(f"{kind} {name!r} is offered by {said} or rename one")
            if found:
                return found[0]
        raise UnknownComponentError("; ".join(self._what_there_is(kind, name, framework)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(sorted(self.plugins())) or 'no plugin'}>"

    def find(self, kind: str, name: str, framework: str = ANY) -> Component:
        """The component that `find_offer` finds."""
        return self.find_offer(kind, name, framework).component

    def has(self, kind: str, name: str, framework: str) -> bool:
        """Whether `find` would answer."""
        return name in self.names(kind, framework)

    def load(self, kind: str, name: str, framework: str = ANY) -> Any:
        """Import and return the object that a component stands for."""
        offer = self.find_offer(kind, name, framework)
        target = offer.component.target
        try:
            return resolve(target)
        except FOREIGN as error:
            message = f"{kind} {name!r} of {offer.plugin} can't be loaded from {target}: {one_line(error)}"
            raise PluginError(message) from error

    def names(self, kind: str, framework: str = ANY) -> list[str]:
        """The names that `find` knows for a kind and framework, sorted."""
        usable = (framework, ANY)
        return sorted({o.component.name for o in self.offers[kind] if o.component.framework in usable})

    def plugins(self) -> set[str]:
        """The plugins that offer something."""
        return {offer.plugin for offers in self.offers.values() for offer in offers}

    def _require_one_reference(self, kind: str, name: str) -> None:
        """A portable part with the name of a built-in native one would be silently ignored by the frameworks."""
        forms = [offer for offer in self.offers[kind] if offer.component.name == name]
        portable, numpy = ([o.plugin for o in forms if o.component.framework == f] for f in (ANY, "numpy"))
        if portable and CORE in numpy and portable != numpy:
            raise UnknownComponentError(
                f"{kind} {name!r} is offered by {numpy[0]} and {portable[0]}; uninstall or rename one"
            )

    def _what_there_is(self, kind: str, name: str, framework: str) -> list[str]:
        """What to say of a part that is not there."""
        where = "" if framework == ANY else f" for {framework}"
        names = self.names(kind, framework)
        said = [f"no {kind} called {name!r}{where}", f"installed: {', '.join(names) or 'none'}"]
        elsewhere = [offer for offer in self.offers[kind] if offer.component.name == name]
        if elsewhere:
            said.append("; ".join(f"{offer.plugin} offers it for {offer.component.framework}" for offer in elsewhere))
        elif (kind, name) in self.origins:
            said.append(self.origins[kind, name])
        elif close := difflib.get_close_matches(name, names, n=1, cutoff=0.75):
            said[1] = f"did you mean {close[0]!r}? {said[1]}"
        else:
            said += ways_to_more(kind, self.plugins() | self.failures.keys(), self.left_out)
        return said


def resolve(target: str) -> Any:
    """Import what a component stands for, by its "module:object"; whatever that raises is raised."""
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for each in attribute.split("."):
        found = getattr(found, each)
    return found
