"""A file of several models is the ensemble of the models it was made from."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.graph.graphs import all_graphs, body_of
from s2s_onnx.inspection import inspect_file
from s2s_onnx.manifest import MANIFEST, open_steps
from s2s_onnx.metadata import KEY
from s2s_onnx.seal import sealed
from s2s_onnx.translator import Translator
from s2s_onnx.verification.report import DisagreementError
from s2s_onnx.verification.verify import compare, verify
from s2s_toolkit.cli import cli
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint
from s2s_toolkit.testing.untrained_runs import assert_translations_agree

MakeRun = Callable[..., Run]
Export = Callable[..., Path]

TEXTS = ["abc", "", "g f e d c b a", "hh<pad>zz", "é", "dab"]
OTHER_MODEL = {
    "embedding_size": 3,
    "encoder": {"name": "lstm", "size": 4, "bidirectional": False, "num_layers": 2},
    "attention": {"name": "general"},
    "decoder": {"name": "bahdanau", "size": 7},
}
STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beam_size": 3, "n_best": 2, "coverage_penalty": 0.3},
    "sample": {"num_samples": 2, "temperature": 1.3, "top_p": 0.9},
}
INNER = {"memory", "logits", "teacher_forced_attention"}


@pytest.fixture(scope="module")
def runs(run: Run, make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three runs: the first one, another seed of it, and another architecture."""
    folder = tmp_path_factory.mktemp("members")
    return [run, make_run(folder / "b", seed=2), make_run(folder / "c", seed=3, model=OTHER_MODEL)]


@pytest.fixture(scope="module")
def export(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Export runs together; the same ones in the same way give the same file."""
    folder, paths = tmp_path_factory.mktemp("ensembles"), {}

    def write(runs: Sequence[Run], strategy: str = "greedy", **choices: Any) -> Path:
        key = (*(run.path for run in runs), strategy, *sorted(choices.items()))
        if key not in paths:
            paths[key] = folder / f"{len(paths)}.onnx"
            how: Mapping[str, Any] = {"framework": "", "strategy": strategy, "options": STRATEGIES[strategy]}
            OnnxExporter(**choices).export_ensemble(runs, paths[key], registry, **how)
        return paths[key]

    return write


@pytest.fixture
def s2s(registry: Registry) -> Callable[..., Result]:
    """Call the command line in this process."""
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments], obj=registry)


def metadata_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = inspect_file(path)["metadata"]
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_file_translates_as_the_models_together(
    export: Export, runs: list[Run], registry: Registry, strategy: str
) -> None:
    model = load_translator(runs[0], registry, others=runs[1:], strategy=strategy, options=STRATEGIES[strategy])
    found = Translator(export(runs, strategy))(TEXTS)
    assert_translations_agree(found, model(TEXTS), "the file")
    alone = Translator(export(runs, strategy))(TEXTS[:1])
    np.testing.assert_allclose(alone[0].attention, found[0].attention, atol=1e-6)


def test_a_file_of_one_model_twice_is_the_file_of_that_model(export: Export, runs: list[Run]) -> None:
    single, double = (Translator(export(runs[:1] * times, "beam")) for times in (1, 2))
    assert_translations_agree(double(TEXTS), single(TEXTS), "twice the model")


def test_the_order_of_members_does_not_matter(export: Export, runs: list[Run]) -> None:
    one, other = (Translator(export(given, "beam"))(TEXTS) for given in (runs, runs[::-1]))
    assert_translations_agree(one, other, "in another order")


@pytest.mark.parametrize(("precision", "taken"), [("fp16", "ids"), ("int8", "text")])
def test_precisions_and_interfaces(
    export: Export, runs: list[Run], registry: Registry, precision: str, taken: str
) -> None:
    path = export(runs[1:], "beam", precision=precision, input=taken)
    assert len(Translator(path)(TEXTS)) == len(TEXTS)
    assert metadata_of(path)["precision"] == precision
    report = compare(path, runs[1], registry, others=runs[2:])
    assert report.differences["logits"].greatest < 0.2


def test_a_folder_of_steps_decodes_as_the_models_together(export: Export, runs: list[Run], registry: Registry) -> None:
    folder = export(runs, "beam", form="steps")
    model = load_translator(runs[0], registry, others=runs[1:], strategy="beam", options=STRATEGIES["beam"])
    assert_translations_agree(open_steps(folder, registry, {})(TEXTS), model(TEXTS), "the folder")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["memory"][:3] == ["members.0.values", "members.0.keys", "members.0.mask"]
    assert {name.partition(".")[0] for name in manifest["state"]} == {"members"}
    assert len(manifest["members"]) == 3


def test_each_members_weights_are_in_the_file_by_its_number(export: Export, runs: list[Run]) -> None:
    model = onnx.load(export(runs))
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for number, run in enumerate(runs):
        weights = load_checkpoint(run.weights_path()).weights
        own = {name for name in stored if name.startswith(f"members.{number}.")}
        assert own == {f"members.{number}.{name}" for name in weights}
        np.testing.assert_array_equal(stored[f"members.{number}.source_embedding"], weights["source_embedding"])


def test_the_graph_has_one_decoding_loop(export: Export, runs: list[Run]) -> None:
    """All members inside it, their encoders before it."""
    graph = onnx.load(export(runs)).graph
    loops = [body_of(node) for each in all_graphs(graph) for node in each.node if node.op_type == "Loop"]
    kernels = [f"members.{number}.output.kernel" for number in range(3)]
    reading = [{name for node in body.node for name in node.input} & set(kernels) for body in loops]
    assert sorted(map(len, reading), reverse=True) == [3, *[0] * (len(loops) - 1)]
    outside = [node.op_type for node in graph.node]
    assert (outside.count("GRU"), outside.count("LSTM")) == (2, 2)


def test_inner_values_and_texts_are_verified(export: Export, runs: list[Run], registry: Registry) -> None:
    report = verify(export(runs, "beam"), runs[0], registry, others=runs[1:])
    assert (report.framework, report.num_same) == ("numpy", report.num_sources)
    assert set(report.differences) >= INNER
    assert all(report.differences[name].greatest < 1e-5 for name in INNER)
    single = compare(export(runs[:1], "beam"), runs[0], registry)
    memory_sizes = 6, 6 + 6 + 4  # of one model and of all
    values = single.differences["memory"].num_values, report.differences["memory"].num_values
    assert values[0] * memory_sizes[1] == values[1] * memory_sizes[0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_file_in_which_one_member_is_another_model_is_refused(
    export: Export, runs: list[Run], registry: Registry, make_run: MakeRun, tmp_path: Path, number: int
) -> None:
    weights = load_checkpoint(runs[number].weights_path()).weights
    weights["output.bias"] = weights["output.bias"] + np.linspace(
        0, 0.01, len(weights["output.bias"]), dtype=np.float32
    )
    sections = {"model": OTHER_MODEL} if number == 2 else {}
    other = make_run(tmp_path / "other", **sections)
    save_checkpoint(other.checkpoint_path("best"), weights)
    changed = [*runs[:number], other, *runs[number + 1 :]]
    with pytest.raises(DisagreementError, match="logits differ"):
        verify(export(runs), changed[0], registry, others=changed[1:])


def test_as_many_runs_are_needed_as_the_file_has_models(export: Export, runs: list[Run], registry: Registry) -> None:
    with pytest.raises(
        ConfigError, match="the file holds 3 models, given 2 runs; name each further one with --ensemble"
    ):
        verify(export(runs), runs[0], registry, others=runs[1:2])
    with pytest.raises(ConfigError, match="the file holds 1 model, given 2 runs"):
        verify(export(runs[:1]), runs[0], registry, others=runs[1:2])


def test_the_metadata_names_the_members(export: Export, runs: list[Run]) -> None:
    said = metadata_of(export(runs))
    assert not {"model", "framework", "checkpoint"} & said.keys()
    assert [member["model"]["encoder"]["name"] for member in said["members"]] == ["gru", "gru", "lstm"]
    assert {(member["framework"], member["checkpoint"]) for member in said["members"]} == {("numpy", "best")}
    assert metadata_of(export(runs[:1]))["checkpoint"] == "best"


@pytest.fixture
def two_checkpoints(make_run: MakeRun, tmp_path: Path) -> Run:
    """A run whose `averaged` is another model than its `best`."""
    run, other = make_run(tmp_path / "run"), make_run(tmp_path / "other", seed=5)
    save_checkpoint(run.checkpoint_path("averaged"), load_checkpoint(other.weights_path()).weights)
    return run


def test_a_file_says_which_checkpoint_it_holds_and_is_compared_with_that(
    two_checkpoints: Run, registry: Registry, s2s: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    done = s2s("export", two_checkpoints.path, "--checkpoint", "averaged", "-o", path)
    assert done.exit_code == 0, done.stderr
    assert metadata_of(path)["checkpoint"] == "averaged"
    assert verify(path, two_checkpoints, registry).disagreement == ""
    done = s2s("verify", path, two_checkpoints.path, "--checkpoint", "best")
    assert (done.exit_code, "memory differ" in done.stderr) == (2, True)
    two_checkpoints.checkpoint_path("averaged").unlink()
    assert "has no checkpoint 'averaged'; it has: best" in s2s("verify", path, two_checkpoints.path).stderr


def test_a_file_that_names_no_checkpoint_holds_the_best(
    exported: Callable[..., Path], run: Run, registry: Registry, tmp_path: Path
) -> None:
    model = onnx.load(exported())
    content = json.loads(next(entry.value for entry in model.metadata_props if entry.key == KEY))
    del content["checkpoint"], model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=json.dumps(content))
    (tmp_path / "old.onnx").write_bytes(sealed(model.SerializeToString()))
    assert verify(tmp_path / "old.onnx", run, registry).disagreement == ""


def test_the_commands_export_verify_and_inspect_an_ensemble(
    runs: list[Run], s2s: Callable[..., Any], tmp_path: Path
) -> None:
    path, ensemble = tmp_path / "model.onnx", [f"--ensemble={run.path}" for run in runs[1:]]
    done = s2s("export", runs[0].path, *ensemble, "-o", path)
    assert "verified against numpy: the same text for 64 sources" in done.stdout
    assert s2s("verify", path, runs[0].path, *ensemble).exit_code == 0
    shown = s2s("inspect", path).stdout.splitlines()
    assert "member 3\tcheckpoint\tbest" in shown
    assert any(line.startswith("member 3\tencoder\tlstm, ") for line in shown)
    assert not any(line.startswith("model\t") for line in shown)
