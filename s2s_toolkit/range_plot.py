"""Draw a learning-rate range test with matplotlib, which is imported when it is needed."""

from pathlib import Path

from s2s_toolkit.files import atomic_path
from s2s_toolkit.plotting import require_drawable
from s2s_toolkit.training.range_test import RangeTest


def save_range_test(test: RangeTest, path: Path) -> None:
    """Draw the loss over the rate, and mark what is suggested, into a .png, .svg or .pdf file, whole or not at all."""
    require_drawable(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    rates = [point.learning_rate for point in test.points]
    axes.plot(rates, [point.loss for point in test.points], color="0.75", label="loss")
    axes.plot(rates, [point.smoothed for point in test.points], color="C0", label="smoothed")
    for name, rate, style in (("steepest descent", test.steepest, "-"), ("a tenth of the least", test.tenth, "--")):
        if rate is not None:
            axes.axvline(rate, color="C3", linestyle=style, label=f"{name}: {rate:.2g}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss, nats per target token")
    axes.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)
