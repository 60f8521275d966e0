"""The format "safetensors": the weights that the checkpoint has, what they belong to, and nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

import s2s_toolkit
from s2s_toolkit.errors import ConfigError, S2SError, UnsupportedError
from s2s_toolkit.run import load_checkpoint, save_checkpoint
from s2s_toolkit.testing.untrained_runs import write_run
from s2s_toolkit.weights_exporter import KEY, SafetensorsExporter, require_same


@pytest.fixture
def untrained(tmp_path, registry):
    return write_run(tmp_path / "run", registry)


@pytest.fixture
def export(untrained, registry, tmp_path):
    def write(name="model.safetensors", *, strategy="", options=None, **choices):
        path = tmp_path / name
        asked = {"framework": "", "strategy": strategy, "options": options or {}}
        return path, SafetensorsExporter(**choices).export(untrained, path, registry, **asked)

    return write


def about(path):
    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()[KEY])


def change(run, name, value):
    """Give one number of a run's best weights another value."""
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    weights[name].flat[0] = value
    save_checkpoint(run.checkpoint_path("best"), weights)


def test_the_file_holds_the_checkpoints_weights_by_their_documented_names(export, untrained):
    path, report = export()
    found, expected = load_file(path), load_checkpoint(untrained.checkpoint_path("best")).weights
    assert found.keys() == expected.keys()
    assert "encoder.layers.0.forward.input_kernel" in found
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    count = sum(array.size for array in expected.values())
    assert report == f"{len(expected)} weights, {count:,} numbers in fp32, read back and compared"


def test_half_precision_rounds_each_number_to_the_nearest(export, untrained):
    path, report = export(precision="fp16")
    found, expected = load_file(path), load_checkpoint(untrained.checkpoint_path("best")).weights
    for name, array in expected.items():
        assert found[name].dtype == np.float16
        assert np.all(np.abs(found[name] - array) <= np.abs(array) * 2**-11 + 2**-25)
    greatest = max(np.abs(found[name] - array).max() for name, array in expected.items())
    assert report.endswith(f"read back and compared; greatest rounding {greatest:.1e}")


def test_the_file_says_what_the_weights_belong_to(export, untrained):
    told, weights = about(export()[0]), load_file(export()[0])
    assert (told["format"], told["version"]) == (1, s2s_toolkit.__version__)
    assert told["model"] == untrained.config.model.model_dump(mode="json")
    assert (told["source"]["tokenizer"], told["target"]["tokenizer"]) == ("characters", "separator")
    assert told["source_symbols"] == ["<pad>", "<unk>", "<s>", "</s>", *"abcdefg"]
    assert len(told["source_symbols"]) == len(weights["source_embedding"])
    assert len(told["target_symbols"]) == weights["output.kernel"].shape[1]


def test_the_file_names_no_place_of_the_machine(export, untrained):
    path, _ = export()
    for place in (untrained.path, untrained.config.data.train):
        assert str(place).encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("value", "precision", "remedy"),
    [(70000, "fp16", "export with --precision fp32"), (np.nan, "fp16", "train again"), (np.inf, "fp32", "train again")],
)
def test_a_weight_that_is_no_finite_number_is_refused(export, untrained, tmp_path, value, precision, remedy):
    change(untrained, "output.kernel", value)
    with pytest.raises(S2SError, match=f"weight 'output.kernel' .* not finite in {precision}; {remedy}"):
        export(precision=precision)
    assert list(tmp_path.glob("*.safetensors")) == []


def test_a_great_weight_fits_into_single_precision(export, untrained):
    change(untrained, "output.kernel", 70000)
    assert load_file(export()[0])["output.kernel"].flat[0] == 70000


@pytest.mark.parametrize(
    ("asked", "given"),
    [({"strategy": "greedy"}, "strategy 'greedy'"), ({"options": {"max_length": 3}}, "option 'max_length'")],
)
def test_weights_take_no_strategy(export, asked, given):
    with pytest.raises(UnsupportedError, match=f"weights alone decode nothing, given {given}; leave it out"):
        export(**asked)


def test_the_name_tells_the_format(export):
    with pytest.raises(ConfigError, match=r"let it end in \.safetensors, given model\.bin"):
        export("model.bin")


@pytest.mark.parametrize(
    "found",
    [{}, {"w": np.float32([1, 3])}, {"w": np.float16([1, 2])}, {"w": np.float32([[1, 2]])}],
    ids=["missing", "other value", "other type", "other shape"],
)
def test_a_weight_that_is_read_back_otherwise_is_refused(found):
    with pytest.raises(S2SError, match=r"can't write model\.safetensors: weight 'w' is another"):
        require_same(found, {"w": np.float32([1, 2])}, Path("model.safetensors"))


def test_the_command_writes_it_and_says_so(s2s, untrained):
    done = s2s("export", untrained.path, "--format", "safetensors", "--precision", "fp16")
    path = untrained.path / "model.safetensors"
    assert done.stdout.startswith(f"{path}: 0.00 MB; 19 weights, 1,140 numbers in fp16, read back and compared; ")
    assert path.is_file()


@pytest.mark.parametrize("command", [["translate"], ["translate", "-O", "max_length=3"], ["evaluate"]])
def test_what_would_translate_is_told_where_the_file_does_not(s2s, export, command, tmp_path):
    (tmp_path / "pairs.tsv").write_text("a\tt1\n")
    name, *options = command
    pairs = [tmp_path / "pairs.tsv"] if name == "evaluate" else []
    done = s2s(name, export()[0], *pairs, *options, stdin="abc\n")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "holds weights for other programs to load and translates nothing; give the run directory" in done.stderr
