"""The figures of a comparison as rows of text, for the terminal and for the page."""

from collections.abc import Sequence

from s2s_toolkit.comparison.differences import QUANTITIES
from s2s_toolkit.comparison.in_step import ROUNDING, InStep
from s2s_toolkit.comparison.trained import Trained, same_graph
from s2s_toolkit.report.facts import duration

Rows = list[tuple[str, ...]]

IN_STEP = ("quantity", "framework", "largest difference", "before step", "in", "of values up to")


def small(value: float) -> str:
    """A number of which the magnitude matters, as 1.1e-4."""
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e+")


def in_step_rows(found: InStep) -> Rows:
    """A row of `IN_STEP` for each quantity and side, the rounding's last."""
    rows: Rows = []
    for side in sorted(found.differences, key=lambda name: name == ROUNDING):
        for quantity, largest in found.largest(side).items():
            step = f"{largest.step + 1:,}"
            rows.append((quantity, side, small(largest.value), step, largest.where or "–", f"{largest.size:.2g}"))
    return sorted(rows, key=lambda row: QUANTITIES.index(row[0]))


def trained_rows(trained: Sequence[Trained]) -> Rows:
    """A name, and a value for each framework."""
    measured = [each.measured for each in trained]
    exported = [each.exported for each in trained]
    rows: Rows = [
        ("weights", *(f"{m.parameters:,}" for m in measured)),
        ("first step after", *(f"{m.start_seconds:.1f} s" for m in measured)),
        ("whole process", *(duration(m.seconds) for m in measured)),
        ("target symbols/s", *(f"{m.tokens_per_second:,.0f}" for m in measured)),
        ("most memory", *(f"{m.memory / 1e6:,.0f} MB" if m.memory else "–" for m in measured)),
        ("least dev loss", *(f"{min(v.dev_loss for v in m.validations):.4f}" for m in measured)),
    ]
    rows += [(f"dev {name}", *(f"{each.scores[name]:.2f}" for each in trained)) for name in trained[0].scores]
    if any(exported):
        rows.append(("export", *(f"{each.seconds:.1f} s" if each else "–" for each in exported)))
        rows.append(("exported file", *(f"{each.size / 1e6:,.2f} MB" if each else "–" for each in exported)))
        said = {None: "not known", True: "the same", False: "different"}[same_graph(trained)]
        rows.append(("its graph, weights apart", *(said for _ in trained)))
    return rows
