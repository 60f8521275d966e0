"""`s2s compare`: one whole comparison of a tiny model, and what is refused."""

import json
import shutil
from dataclasses import replace

import pytest

from s2s_toolkit.comparison.to_the_end import train_apart
from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint, open_run
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import write_tiny

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

FRAMEWORKS = ("torch", "tensorflow")
STEPS = 6


@pytest.fixture(scope="module")
def compared(tmp_path_factory, registry):
    """The folder of a comparison in both frameworks, which no test changes, and what the command printed."""
    from click.testing import CliRunner

    from s2s_toolkit.cli import cli

    for framework in FRAMEWORKS:
        require(framework)
    folder = tmp_path_factory.mktemp("compared")
    config = write_tiny(folder, training={"max_epochs": 1}, decoding={"strategy": "greedy"})
    arguments = ["compare", str(config), "--steps", str(STEPS), "--seed", "3", "-o", str(folder / "found"), "--json"]
    done = CliRunner().invoke(cli, arguments, obj=registry, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return folder / "found", json.loads(done.stdout)


def without(registry, *distributions):
    kept = {
        kind: [o for o in offers if o.distribution not in distributions] for kind, offers in registry.offers.items()
    }
    return Registry(offers=kept)


def with_twin(registry):
    """With PyTorch under a second name, for what is not about frameworks: TensorFlow takes its time to begin."""
    offers = {kind: [*offers, *_twins(offers)] for kind, offers in registry.offers.items()}
    return Registry(offers=offers)


def _twins(offers):
    for offer in offers:
        part = offer.component
        if part.framework == "torch":
            yield replace(offer, component=replace(part, framework="twin"))
        elif part.name == "torch":
            yield replace(offer, component=replace(part, name="twin"))


def test_page_picture_and_figures_are_there(compared):
    folder, printed = compared
    assert (folder / "compare.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert (folder / "compare.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "compare.json").read_text(encoding="utf-8")) == printed
    assert list(printed["trained"]) == list(FRAMEWORKS)  # the config's own comes first


def test_runs_are_ordinary_ones_of_the_same_first_weights(compared, registry):
    folder, printed = compared
    runs = {framework: open_run(folder / framework, registry) for framework in FRAMEWORKS}
    for framework, run in runs.items():
        assert (run.config.framework, run.config.seed) == (framework, 3)
        losses = printed["trained"][framework]["losses"]
        assert losses[0] == pytest.approx(printed["in_step"]["losses"]["torch"][0], abs=1e-4)
        assert losses == pytest.approx(printed["trained"]["torch"]["losses"], abs=1e-3)  # no dropout in this config
    sizes = {sum(array.size for array in load_checkpoint(run.weights_path()).weights.values()) for run in runs.values()}
    assert sizes == {printed["trained"]["torch"]["parameters"]}


def test_a_run_goes_on(compared, s2s, tmp_path):
    folder, _ = compared
    for framework in FRAMEWORKS:
        run = shutil.copytree(folder / framework, tmp_path / framework)
        arguments = ("--framework", framework, "-o", run, "--resume", "--set", "training.max_epochs=2")
        done = s2s("train", folder / "config.toml", *arguments)
        assert done.exit_code == 0, done.stderr
        assert len((run / "metrics.jsonl").read_text().splitlines()) == 2


def test_what_a_process_takes_is_its_own(compared):
    for found in compared[1]["trained"].values():
        assert 0 < found["start_seconds"] < found["seconds"]
        assert found["memory"] > 50e6


def test_exported_files_have_one_graph(compared):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    folder, printed = compared
    assert printed["same_graph"] is True
    files = [(folder / framework / "model.onnx").read_bytes() for framework in FRAMEWORKS]
    assert files[0] != files[1]
    assert [found["export"]["size"] for found in printed["trained"].values()] == [len(file) for file in files]


def test_without_training_there_is_a_table_and_no_run(s2s, folder, registry):
    require("torch")
    arguments = ("--steps", 2, "--no-training", "-f", "twin", "-f", "torch", "-o", "found")
    done = s2s("compare", "tiny.toml", *arguments, parts=with_twin(registry))
    assert done.exit_code == 0, done.stderr
    header, *rows, _, last = done.stdout.splitlines()
    assert header.startswith("quantity\tframework\tlargest difference")
    assert [row.split("\t")[:2] for row in rows[:2]] == [["loss", "torch"], ["loss", "rounding"]]
    assert len(rows) == 10
    assert last == "page: found/compare.html"
    assert sorted(path.name for path in (folder / "found").iterdir()) == ["compare.html", "compare.json", "compare.png"]
    assert (
        "found exists; give --force to replace it"
        in s2s("compare", "tiny.toml", *arguments, parts=with_twin(registry)).stderr
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["torch", "jax"], "no framework called 'jax'"),
        (["torch", "numpy"], "numpy is the reference and trains nothing; leave it out of --frameworks"),
        (["torch", "torch"], "comparing needs two frameworks, given torch; give --frameworks for each"),
    ],
)
def test_what_can_not_be_compared_is_refused_in_one_line(refusal, given, said):
    require("torch")
    assert said in refusal("compare", "tiny.toml", *[part for name in given for part in ("--frameworks", name)])


def test_where_one_framework_is_installed_it_is_said_how_to_get_another(refusal, registry):
    require("torch")
    line = refusal("compare", "tiny.toml", parts=without(registry, "s2s-tensorflow"))
    assert line.startswith("comparing needs two frameworks that train, installed: torch; ")
    assert 'pip install "s2s-toolkit[tensorflow]"' in line


def test_a_training_that_fails_in_its_process_is_told_in_one_line(folder):
    config = folder / "tiny.toml"
    with atomic_path(config) as temporary:
        temporary.write_text(config.read_text().replace("dev.tsv", "gone.tsv"))
    told = []
    with pytest.raises(S2SError, match=r"^training in torch failed: .*gone\.tsv") as error:
        train_apart(config, "torch", folder / "run", watch=told.append)
    assert "\n" not in str(error.value)
    assert told == []
    assert not (folder / "run").exists()
