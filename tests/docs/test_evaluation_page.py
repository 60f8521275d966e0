"""docs/evaluation.md: its table holds every built-in metric, what it compares, and its options."""

import re
from collections.abc import Callable

from s2s_toolkit.metrics import Metric, load_metric
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Registry

PAGE = "docs/evaluation.md"

Table = Callable[..., list[list[str]]]
Require = Callable[..., None]


def test_every_metric_is_listed_with_its_options(
    table: Table, registry: Registry, require: Callable[..., None]
) -> None:
    require("sacrebleu")
    listed = {cell.strip("`"): (compares, text) for cell, compares, text in table(PAGE, "## Metrics", columns=3)}
    assert listed.keys() == {o.component.name for o in registry.offers["metric"] if o.plugin == "s2s-toolkit"}
    for name, (compares, text) in listed.items():
        part = registry.load("metric", name)
        known = set() if isinstance(part, Metric) else option_parameters(part).keys()
        assert set(re.findall(r"`(\w+)`", text.partition("Option")[2])) == known, name
        assert compares == ("text" if load_metric(name, registry).on_text else "symbols")
