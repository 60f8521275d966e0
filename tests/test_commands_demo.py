import re
import sys

import pytest

from s2s_toolkit.commands.demo import CONFIG, DATA, Sizes, run_demo
from s2s_toolkit.config import load_toml, parse_config
from s2s_toolkit.run import open_run

pytest.importorskip("babel")
pytest.importorskip("matplotlib")
pytest.importorskip("spox")

SMALL = [("model.encoder.size", 5), ("model.decoder.size", 5), ("training.max_epochs", 1)]
STAGES = "making dates,training,evaluating,exporting,translating with the exported file alone,drawing attention".split(
    ","
)


def test_every_stage_leaves_its_file_and_a_line(tmp_path, monkeypatch, registry, tiny_run, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "runs" / "demo"
    for _ in range(2):  # the second takes the place of the first
        run_demo(path, registry, [("framework", "torch"), *SMALL], Sizes(train=20, dev=5, test=11))
    said = capsys.readouterr()
    assert [stage for line in said.err.splitlines() for stage in STAGES if line.startswith(stage)] == STAGES * 2
    assert re.search(r"exporting: \S+model.onnx; verified against torch", said.err)
    assert len(said.out.splitlines()) == 10
    assert all(" -> " in line for line in said.out.splitlines())
    assert {"model.onnx", "attention.png"} < {file.name for file in path.iterdir()}
    assert {file.name for file in (path.parent / DATA).iterdir()} == {"train.tsv", "dev.tsv", "test.tsv"}
    assert open_run(path, registry).config.training.max_epochs == 1


def test_the_demos_config_is_whole():
    content = load_toml(CONFIG) | {"data": {"train": "train.tsv", "dev": "dev.tsv"}}
    assert parse_config(content, folder=CONFIG.parent, where="demo").training.metric == "exact_match"


def test_a_run_that_is_not_the_demos_is_left_alone(s2s, run):
    before = sorted(run.rglob("*"))
    done = s2s("demo", "-o", run)
    assert (done.exit_code, done.stderr) == (2, "s2s: run is a run but not the demo's; choose another place with -o\n")
    assert sorted(run.rglob("*")) == before


def test_without_babel_it_is_told_what_to_install(s2s, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "babel", None)
    done = s2s("demo", "-o", "run")
    assert done.exit_code == 2
    assert 's2s-toolkit[demo]"' in done.stderr


def test_an_unknown_framework_is_refused_before_anything_is_made(s2s, folder):
    done = s2s("demo", "--framework", "foo", "-o", "run")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "no framework called 'foo'" in done.stderr
    assert not (folder / "run").exists()
