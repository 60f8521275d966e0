"""`s2s train --print-config`: a config that says all, and means the same."""

import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest

from s2s_toolkit.components import Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.options import option_parameters
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.requirements import require

CHANGES = ("--seed", 7, "--set", "attention.name=general", "--set", "model.attention={name='concat'}")


def printed(s2s, *arguments):
    done = s2s("train", *arguments, "--print-config")
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_what_is_printed_is_a_config_that_prints_itself(s2s, folder, framework):
    text = printed(s2s, "tiny.toml", "--framework", framework, *CHANGES)
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "whole.toml").write_text(text)
    assert printed(s2s, "elsewhere/whole.toml") == text
    assert tomllib.loads(text)["framework"] == framework


def test_what_is_printed_gives_the_same_run(s2s, folder):
    require("torch")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "whole.toml").write_text(printed(s2s, "tiny.toml", *CHANGES))
    assert s2s("train", "tiny.toml", "-o", "first", *CHANGES).exit_code == 0
    assert s2s("train", "elsewhere/whole.toml", "-o", "second").exit_code == 0
    first, second = (load_checkpoint(folder / run / "checkpoints" / "last.safetensors") for run in ("first", "second"))
    assert first.weights.keys() == second.weights.keys()
    assert all((array == second.weights[name]).all() for name, array in first.weights.items())


def test_every_option_of_every_part_is_there(s2s, folder, registry):
    content = tomllib.loads(printed(s2s, "tiny.toml", "--observer", "tensorboard"))
    for kind, name, section in (
        ("encoder", "gru", content["model"]["encoder"]),
        ("decoder", "bahdanau", content["model"]["decoder"]),
        ("decoding strategy", "beam", content["decoding"]),
        ("training observer", "tensorboard", content["observers"]["tensorboard"]),
    ):
        options = option_parameters(registry.load(kind, name, "numpy")) if kind != "training observer" else {"every"}
        assert set(options) <= section.keys(), kind
    assert content["decoding"]["beam_size"] == 3  # what is given stays


def test_paths_are_absolute(s2s, folder):
    assert tomllib.loads(printed(s2s, "tiny.toml"))["data"]["train"] == str(folder / "train.tsv")


def test_no_data_is_read_and_no_framework_imported(folder):
    (folder / "train.tsv").unlink()
    program = (
        "import sys; from s2s_toolkit.cli import cli; sys.argv[1:] = ['train', 'tiny.toml', '--print-config']\n"
        "try: cli()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'tensorflow', 'keras', 'onnx'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('format = 1\nframework = "torch"')


def test_a_part_that_is_native_alone_keeps_what_is_given(s2s, folder):
    registry = load_registry()
    component = Component("native", "torch", "no_such_module:Scorer", "can't be imported")
    register_plugin(registry, SimpleNamespace(s2s_attention_scorers=hookimpl(lambda: [component])), "fake")
    changes = ("--set", "model.attention={name='native', width=3}")
    done = s2s("train", "tiny.toml", "--print-config", *changes, parts=registry)
    assert tomllib.loads(done.stdout)["model"]["attention"] == {"name": "native", "width": 3}
    assert "warning: [model.attention] has no defaults here" in done.stderr


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("attention.sise=5", "unknown key 'model.attention.sise'; did you mean 'size'?"),
        ("decoding.beem_size=5", "unknown key 'decoding.beem_size'; did you mean 'beam_size'?"),
        ("observers.tensorboard.evry=5", "unknown key 'observers.tensorboard.evry'; did you mean 'every'?"),
        ("source.tokenizer=foo", "no tokenizer called 'foo'"),
        ("framework=foo", "no framework called 'foo'"),
        ("model.attention={name='dot'}", "'dot' needs a decoder state as large as the encoder's output, given 8"),
    ],
)
def test_what_a_config_can_not_mean_is_one_line(refusal, change, line):
    assert line in refusal("train", "tiny.toml", "--print-config", "--set", change)
