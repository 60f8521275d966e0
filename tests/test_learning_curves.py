import json
import re
from html.parser import HTMLParser

import pytest

from s2s_toolkit.errors import RunError
from s2s_toolkit.learning_curves import inline_svg, panels, read_validations, save_curves
from s2s_toolkit.observers import Validation
from s2s_toolkit.run import open_run

pytest.importorskip("matplotlib")


def validation(epoch, metric="wer", **values):
    numbers = {"train_loss": 3 / epoch, "dev_loss": 4 / epoch, "value": 50 / epoch, "learning_rate": 0.01}
    numbers |= {"tokens_per_second": 700.0, "seconds": 11.0 * epoch, "best": epoch == 2, **values}
    return Validation(epoch=epoch, step=5 * epoch, metric=metric, **numbers)


THREE = [validation(epoch) for epoch in (1, 2, 3)]


def test_losses_share_a_panel_and_the_metric_has_its_own():
    loss, metric, rate, speed = panels(THREE, unit="%")
    assert loss.lines == {"train": [3, 1.5, 1], "dev": [4, 2, 4 / 3]}
    assert (metric.title, metric.unit, metric.lines) == ("wer", "%", {"dev": [50, 25, 50 / 3]})
    assert (rate.lines, speed.lines) == ({"ink": [0.01] * 3}, {"ink": [700.0] * 3})


def test_the_loss_is_not_drawn_twice():
    assert [p.title for p in panels([validation(1, "loss")])] == ["Loss", "Learning rate", "Speed"]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize("count", [1, 3])
def test_curves_are_written_in_every_format(tmp_path, suffix, count):
    save_curves(THREE[:count], tmp_path / f"c{suffix}")
    assert (tmp_path / f"c{suffix}").stat().st_size > 1000


def test_svg_for_a_page_has_ids_of_its_own_and_the_colours_of_the_page():
    first, second = (inline_svg(panels(THREE)[0], THREE, name=name) for name in ("one", "two"))
    ids = [set(re.findall(r'\bid="([^"]*)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert {reference[1:] for reference in re.findall(r'href="([^"]*)"', first)} <= ids[0]
    assert "var(--curve-train)" in first
    assert "var(--curve-dev)" in first
    assert "http" not in first
    assert not re.search(r"#0[1-4]0", first)


def test_svg_for_a_page_is_the_same_every_time():
    assert inline_svg(panels(THREE)[1], THREE, name="a") == inline_svg(panels(THREE)[1], THREE, name="a")


def test_text_of_svg_is_text():
    words = []
    parser = HTMLParser()
    parser.handle_data = words.append
    parser.feed(inline_svg(panels(THREE)[0], THREE, name="a"))
    assert {"train", "dev", "epoch", "nats per symbol"} <= set(words)


def test_the_unit_of_a_plugin_is_text_and_no_markup():
    svg = inline_svg(panels(THREE, unit="<script>$x$")[1], THREE, name="a")
    assert "<script" not in svg
    assert "&lt;script&gt;$x$" in svg


def test_validations_of_a_run_are_read(tiny_run, registry):
    (found,) = read_validations(open_run(tiny_run, registry))
    assert (found.epoch, found.step, found.metric, found.best) == (1, 3, "loss", True)


def test_keys_of_another_version_are_passed_over(run, registry):
    path = run / "metrics.jsonl"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"gradient_norm": 1.0}) + "\n")
    assert len(read_validations(open_run(run, registry))) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "before its first validation"), ("{}\n", "damaged"), ("[\n", "damaged"), ("1\n", "damaged")],
)
def test_a_log_without_validations_is_refused(run, registry, content, message):
    (run / "metrics.jsonl").write_text(content)
    with pytest.raises(RunError, match=message):
        read_validations(open_run(run, registry))
