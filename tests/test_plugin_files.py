"""A plugin in one file: `--plugin FILE.py` on the commands, and `[plugins] files` in a config."""

import json
import sys

import pytest

from s2s_toolkit.errors import PluginError
from s2s_toolkit.plugins import load_registry, register_files
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require

PORTABLE = """
from s2s_toolkit.parts.scorers import GeneralScorer

class Scorer(GeneralScorer):
    pass

@hookimpl
def s2s_attention_scorers():
    return [Component("mine", ANY, f"{__name__}:Scorer", "for a test")]
"""
NATIVE = """
import torch
from torch import nn

class Scorer(nn.Module):
    def __init__(self, query_size: int, memory_size: int):
        super().__init__()
        self.key = nn.Linear(memory_size, query_size, bias=False)

    def keys(self, memory):
        return self.key(memory)

    def score(self, query, keys):
        return query @ keys.transpose(1, 2)

@hookimpl
def s2s_attention_scorers():
    return [Component("mine", "torch", f"{__name__}:Scorer", "for a test")]
"""
METRIC = """
from s2s_toolkit.metrics import Metric

constant = Metric("constant", True, "%", lambda hypotheses, references: 7)

@hookimpl
def s2s_metrics():
    return [Component("constant", ANY, f"{__name__}:constant", "for a test")]
"""
STRATEGY = """
from s2s_toolkit.strategies.greedy import Greedy

class Mine(Greedy):
    pass

@hookimpl
def s2s_decoding_strategies():
    return [Component("mine", ANY, f"{__name__}:Mine", "for a test")]
"""
EXPORTER = """
class Zipped:
    \"\"\"A format.

    Args:
        level: How hard it tries.
    \"\"\"

    def __init__(self, *, level: int = 3):
        self.level = level

    def export(self, run, path, registry, *, framework, strategy, options):
        path.write_text(str(self.level))
        return "as it should be"

@hookimpl
def s2s_exporters():
    return [Component("zipped", ANY, f"{__name__}:Zipped", "for a test")]
"""
COMMAND = """
import click

@click.command()
def hello():
    \"\"\"Greet.\"\"\"
    click.echo("hello")

@hookimpl
def s2s_add_commands():
    return [Component("hello", ANY, f"{__name__}:hello", "greet")]
"""
BROKEN = {
    "late.py": "1 / 0",
    "syntax.py": "def (",
    "script.py": "raise SystemExit('usage')",
    "raising.py": "@hookimpl\ndef s2s_metrics():\n    raise OSError('no licence')",
}
MINE = ("--set", "model.attention={name='mine'}")


@pytest.fixture
def call(s2s):
    """Call the command line with the installed plugins alone, as a process of its own has them."""

    def call(*arguments):
        done = s2s(*arguments, parts=load_registry())
        assert done.exit_code == 0, done.stderr
        return done.stdout

    return call


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_portable_part_trains_and_serves_every_command(framework, write_plugin, call):
    require(framework)
    require("spox")
    path = write_plugin("mine.py", PORTABLE)
    call("train", "tiny.toml", "--plugin", path, "--framework", framework, "-o", "run", *MINE)
    plugin = ("--plugin", path)
    assert len(call("translate", "run", "dev.tsv", *plugin).splitlines()) == 5
    assert json.loads(call("evaluate", "run", "--json", *plugin))["pairs"] == 5
    assert call("plot", "run", "12 ab", "-o", "attention.svg", *plugin).startswith("attention.svg: ")
    assert "verified against" in call("export", "run", *plugin)
    assert call("verify", "run/model.onnx", "run", *plugin).splitlines()[-1].split("\t")[::2] == ["text", "0"]
    assert len(call("translate", "run/model.onnx", "dev.tsv").splitlines()) == 5


def test_native_part_trains_and_is_exported_in_a_process_that_finds_its_file(write_plugin, call):
    require("torch")
    require("spox")
    path = write_plugin("plugins/mine.py", NATIVE)
    call("train", "tiny.toml", "--plugin", path, "-o", "run", *MINE)
    assert "verified against torch" in call("export", "run", "--plugin", path)
    assert call("translate", "run/model.onnx", "dev.tsv") == call("translate", "run", "dev.tsv", "--plugin", path)


def test_what_to_do_after_a_training_names_the_file(write_plugin, s2s, folder):
    require("torch")
    path = write_plugin("mine.py", NATIVE)
    done = s2s("train", "tiny.toml", "-o", "run", "--plugin", path, *MINE, parts=load_registry())
    assert done.stdout.splitlines()[-1] == "next: s2s translate run --plugin mine.py, s2s export run --plugin mine.py"


def test_native_part_is_none_for_the_other_framework(write_plugin, refusal):
    path = write_plugin("mine.py", NATIVE)
    said = refusal("train", "tiny.toml", "--plugin", path, "--framework", "tensorflow", *MINE)
    assert said.startswith("no attention scorer called 'mine' for tensorflow; installed: additive, ")
    assert said.endswith("; mine.py offers it for torch")


def test_config_names_files_beside_itself(write_plugin, call, folder, monkeypatch):
    require("torch")
    write_plugin("plugins/mine.py", PORTABLE)
    config = folder / "tiny.toml"
    config.write_text(config.read_text().replace('"additive"\nsize = 8', '"mine"'))
    config.write_text(f'{config.read_text()}\n[plugins]\nfiles = ["plugins/mine.py"]\n')
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    call("train", config, "-o", "run")
    plugins = json.loads((folder / "elsewhere/run/run.json").read_text())["plugins"]
    assert {"kind": "attention scorer", "name": "mine", "plugin": "mine.py", "version": ""} in plugins


@pytest.mark.parametrize("given", ["'mine.py'", "['mine.py']"])
def test_config_takes_one_path_as_well_as_a_list(given, write_plugin, refusal):
    write_plugin("mine.py", "1 / 0")
    said = refusal("train", "tiny.toml", "--set", f"plugins.files={given}")
    assert said.startswith("plugin mine.py can't be imported: ZeroDivisionError")


@pytest.mark.parametrize("given", ["1", "[1]", "['mine.py', true]"])
def test_config_takes_nothing_but_paths(given, refusal):
    said = refusal("train", "tiny.toml", "--set", f"plugins.files={given}")
    shown = given.replace("true", "True")
    assert said == f"tiny.toml: 'plugins.files': expected a path or a list of paths, given {shown}"


def test_command_of_a_file_runs_where_the_file_comes_first(write_plugin, call, s2s):
    path = write_plugin("mine.py", COMMAND)
    assert call("--plugin", path, "hello") == "hello\n"
    assert ["hello", "greet"] in [line.split() for line in call("--plugin", path, "--help").splitlines()]
    done = s2s("hello", "--plugin", path)
    assert done.exit_code == 2
    assert (
        "No such command 'hello'. If a file offers it, name the file first: s2s --plugin FILE.py hello" in done.stderr
    )


def test_file_before_the_command_serves_every_command(write_plugin, call, refusal):
    path = write_plugin("mine.py", METRIC)
    assert "metric\tconstant\tany\tmine.py\t\tfor a test" in call("--plugin", path, "plugins", "list")
    assert refusal("--plugin", "no.py", "plugins", "list").startswith("there is no plugin file ")


def test_file_on_the_command_line_and_in_the_config_is_one(write_plugin, call):
    require("torch")
    path = write_plugin("mine.py", PORTABLE)
    files = ("--set", f"plugins.files=['{path}']")
    call("train", "tiny.toml", "--plugin", path, "--plugin", "./mine.py", *files, *MINE)


def test_several_files_are_several_plugins(write_plugin, call, run):
    paths = write_plugin("first.py", METRIC), write_plugin("second.py", STRATEGY)
    plugins = [word for path in paths for word in ("--plugin", path)]
    evaluate = ("evaluate", run, "--framework", "numpy", "--metric", "constant", "--strategy", "mine", "--json")
    assert json.loads(call(*evaluate, *plugins))["metrics"] == {"constant": 7}


@pytest.mark.parametrize("order", [1, -1])
def test_exporter_of_a_file_brings_its_options(order, write_plugin, call, run):
    plugin, chosen = ("--plugin", write_plugin("mine.py", EXPORTER)), ("--format", "zipped", "--level", 5)
    said = call("export", run, *[word for words in (plugin, chosen)[::order] for word in words])
    assert said.endswith("; as it should be\n")
    assert (run / "model.zipped").read_text() == "5"


def test_exporter_of_a_file_shows_its_options(write_plugin, call):
    shown = call("export", "--plugin", write_plugin("mine.py", EXPORTER), "--format", "zipped", "--help")
    assert "How hard it tries." in shown


def test_file_may_import_what_lies_beside_it(write_plugin, call):
    write_plugin("plugins/beside_mine.py", "NAME = 'beside'\n")
    path = write_plugin("plugins/mine.py", f"import beside_mine\n{METRIC.replace('constant', 'beside')}")
    assert "metric\tbeside\tany\tmine.py\t\tfor a test" in call("plugins", "list", "--plugin", path)


def test_what_lies_beside_a_file_hides_no_installed_module(write_plugin, call):
    write_plugin("plugins/sacrebleu.py", "raise RuntimeError('taken for the installed one')\n")
    write_plugin("plugins/click.py", "raise RuntimeError('taken for the installed one')\n")
    path = write_plugin("plugins/mine.py", f"import click\nimport importlib.util\n{METRIC}")
    call("plugins", "list", "--plugin", path)
    assert not str(sys.modules["click"].__file__).endswith("plugins/click.py")


def test_file_offers_again_what_an_installed_plugin_offers(write_plugin, refusal):
    path = write_plugin("mine.py", METRIC.replace('"constant", ANY', '"wer", ANY'))
    said = refusal("train", "tiny.toml", "--plugin", path, "--set", "training.metric=wer")
    assert said == "metric 'wer' is offered by s2s-toolkit and mine.py; uninstall or rename one"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no.py", "there is no plugin file {folder}/no.py"),
        ("tiny.toml", "a plugin file is named like a Python module, as in my_attention.py; given tiny.toml"),
        ("plugins", "there is no plugin file {folder}/plugins"),
        ("my-plugin.py", "a plugin file is named like a Python module, as in my_attention.py; given my-plugin.py"),
        ("string.py", "plugin {folder}/string.py is called like the Python module 'string' ({string}); rename it"),
        ("zlib_.py", "plugin zlib_.py: it has no hook; decorate a function that is called like one with @hookimpl"),
        ("sys.py", "plugin {folder}/sys.py is called like the Python module 'sys' (built-in); rename it"),
        ("s2s_toolkit.py", "plugin {folder}/s2s_toolkit.py is called like the Python module 's2s_toolkit' "),
        ("late.py", "plugin late.py can't be imported: ZeroDivisionError: division by zero (late.py, line 6)"),
        ("syntax.py", "plugin syntax.py can't be imported: SyntaxError: "),
        ("script.py", "plugin script.py can't be imported: SystemExit: usage (script.py, line 6)"),
        ("raising.py", "plugin raising.py: s2s_metrics: OSError: no licence"),
    ],
)
def test_file_that_can_not_be_loaded_is_refused(name, line, write_plugin, refusal, folder):
    import string

    (folder / "plugins").mkdir()
    if name not in ("no.py", "tiny.toml", "plugins"):
        write_plugin(name, BROKEN.get(name, "x = 1"))
    line = line.format(folder=folder, string=string.__file__)
    assert refusal("train", "tiny.toml", "--plugin", name).startswith(line)
    if name != "tiny.toml":
        assert refusal("train", "tiny.toml", "--set", f"plugins.files=['{name}']").startswith(line)


def test_two_files_of_one_name_are_refused(write_plugin):
    registry = Registry()
    register_files(registry, [write_plugin("mine.py", METRIC)])
    with pytest.raises(
        PluginError, match=r"plugins/mine.py is called like the Python module 'mine' \(.*/mine.py\); rename it"
    ):
        register_files(registry, [write_plugin("plugins/mine.py", METRIC)])


def test_module_whose_name_is_taken_is_not_imported(write_plugin, monkeypatch):
    taken = write_plugin("installed/taken_name.py", "raise RuntimeError('this takes a minute')")
    monkeypatch.syspath_prepend(taken.parent)
    with pytest.raises(PluginError, match=r"plugins/taken_name.py is called like the Python module .*; rename it"):
        register_files(Registry(), [write_plugin("plugins/taken_name.py", METRIC)])
    assert "taken_name" not in sys.modules
