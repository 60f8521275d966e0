"""What surrounds the model and is bad: tokenizers, metrics, exporters, commands, observers of plugins."""

import json
from textwrap import indent

import pytest

from s2s_toolkit.plugins import load_registry
from s2s_toolkit.testing.requirements import require

TOKENIZER = """
from s2s_toolkit.tokenizers import Characters

class Bad(Characters):
{body}

@hookimpl
def s2s_tokenizers():
    return [Component("bad", ANY, f"{{__name__}}:Bad", "")]
"""
METRIC = """
from s2s_toolkit.metrics import Metric

def compute(hypotheses, references):
    {body}

bad = {made}

@hookimpl
def s2s_metrics():
    return [Component("bad", ANY, f"{{__name__}}:bad", "")]
"""
MADE = 'Metric("other", higher_is_better=True, unit="%", compute=compute)'
EXPORTER = """
class Bad:
    \"\"\"A format.\"\"\"

{body}

@hookimpl
def s2s_exporters():
    return [Component("bad", ANY, f"{{__name__}}:Bad", "")]
"""
EXPORT = """
def export(self, run, path, registry, *, framework, strategy, options):
    {body}
"""
COMMAND = """
import click

@click.command()
def good():
    \"\"\"Greet.\"\"\"
    click.echo("hello")

def bad():
    pass

@hookimpl
def s2s_add_commands():
    return [Component(name, ANY, f"{__name__}:{name}", "") for name in ("good", "bad", "absent")]
"""
OBSERVER = """
from s2s_toolkit.observers import Observer

class Bad({base}):
{body}

@hookimpl
def s2s_training_observers():
    return [Component("bad", ANY, f"{{__name__}}:Bad", "")]
"""


def holding(template, body, **others):
    """A plugin whose class has a body."""
    return template.format(body=indent(body.strip(), "    "), **others)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            "def __init__(self, size): pass",
            "tokenizer 'bad' of bad.py fails: TypeError: its constructor takes (size)",
        ),
        ("separators = property()", "tokenizer 'bad' of bad.py has no 'separators'; a tokenizer has split, join, sep"),
        (
            "def split(self, text): return text.split('1')",
            "/train.tsv, line 1: tokenizer 'bad' of bad.py splits '10 ab' into '' among others; a symbol is a string",
        ),
        (
            "def split(self, text): return [*map(ord, text)]",
            "/train.tsv, line 1: tokenizer 'bad' of bad.py splits '10 ab' into 49 among others; a symbol is a string",
        ),
        (
            "def split(self, text): return text",
            "/train.tsv, line 1: tokenizer 'bad' of bad.py splits '10 ab' into '10 ab', expected a list of strings",
        ),
        (
            "def split(self, text): return [*map(str, divmod(int(text[:2]), 12 - int(text[:2])))]",
            "/train.tsv, line 3: tokenizer 'bad' of bad.py fails: ZeroDivisionError: integer division or modulo by",
        ),
    ],
)
def test_tokenizer_is_refused(body, line, write_plugin, refusal):
    require("torch")
    path = write_plugin("bad.py", holding(TOKENIZER, body))
    train = ("train", "tiny.toml", "--plugin", path, "--set", "source.tokenizer=bad")
    assert line in refusal(*train)


def test_tokenizer_that_fails_on_what_is_translated_names_the_text(write_plugin, refusal, s2s):
    require("torch")
    body = "def split(self, text): return ['é'] if text.isascii() else [text, '']"
    path = write_plugin("bad.py", holding(TOKENIZER, body))
    train = ("train", "tiny.toml", "--plugin", path, "--set", "source.tokenizer=bad", "-o", "run")
    assert s2s(*train, parts=load_registry()).exit_code == 0
    (path.parent / "text.txt").write_text("abc\nàé\n", encoding="utf-8")
    line = "tokenizer 'bad' of bad.py splits 'àé' into '' among others; a symbol is a string, not ''"
    assert refusal("translate", "run", "text.txt", "--plugin", path) == line


@pytest.mark.parametrize(
    ("body", "made", "line"),
    [
        ("return 1.0", "compute", " is a function, not a s2s_toolkit.metrics.Metric"),
        ("return float('nan')", MADE, " gives nan for 1 entry, expected a finite number"),
        ("return 'good'", MADE, " gives 'good' for 1 entry, expected a finite number"),
        ("return references[5]", MADE, " fails: IndexError: list index out of range (bad.py, line 10)"),
    ],
)
def test_metric_is_refused(body, made, line, run, write_plugin, refusal, s2s):
    path = write_plugin("bad.py", METRIC.format(body=body, made=made))
    evaluate = ("evaluate", run, "--plugin", path, "--framework", "numpy")
    assert refusal(*evaluate, "--metric", "bad") == f"metric 'bad' of bad.py{line}"
    train = ("train", "tiny.toml", "--plugin", path, "--set", "training.metric=bad")
    assert refusal(*train) == f"metric 'bad' of bad.py{line}"
    assert s2s(*evaluate, "--metric", "wer", parts=load_registry()).exit_code == 0


def test_metric_that_fails_on_what_there_is_is_named(run, write_plugin, refusal):
    body = "return sum(map(len, references)) / (len(references) - 5)"
    path = write_plugin("bad.py", METRIC.format(body=body, made=MADE))
    evaluate = ("evaluate", run, "dev.tsv", "--plugin", path, "--framework", "numpy", "--metric", "bad")
    assert refusal(*evaluate) == "metric 'bad' of bad.py fails: ZeroDivisionError: division by zero (bad.py, line 10)"


def test_metric_is_called_as_its_plugin_offers_it(run, write_plugin, s2s):
    path = write_plugin("bad.py", METRIC.format(body="return np.float32(12)", made=MADE))
    evaluate = ("evaluate", run, "--plugin", path, "--framework", "numpy", "--metric", "bad", "--json")
    done = s2s(*evaluate, parts=load_registry())
    assert json.loads(done.stdout)["metrics"] == {"bad": 12.0}


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            "def __init__(self, level): pass",
            "fails: TypeError: its constructor takes (level), and is given 0 sizes and its options by name",
        ),
        ("def __init__(self, *, level: 'Level' = 1): pass", "fails: NameError: name 'Level' is not defined"),
        ("export = None", "fails: TypeError: 'NoneType' object is not callable"),
        (EXPORT.format(body="raise OSError('disk on fire')"), "fails: OSError: disk on fire (bad.py, line 11)"),
        (
            EXPORT.format(body="path.write_text('half'); path.with_suffix('.gone').read_text()"),
            "fails: FileNotFoundError: [Errno 2] No such file or directory: 'run/model.gone' (bad.py, line 11)",
        ),
        (
            EXPORT.format(body="path.mkdir(); (path / 'part').write_text('half'); 1 / 0"),
            "fails: ZeroDivisionError: division by zero (bad.py, line 11)",
        ),
        (EXPORT.format(body="return 'all is well'"), "ended without an error, and wrote no run/model.bad"),
    ],
)
def test_exporter_is_refused(body, line, run, write_plugin, refusal, s2s):
    path = write_plugin("bad.py", holding(EXPORTER, body))
    export = ("export", run, "--plugin", path, "--format")
    assert refusal(*export, "bad") == f"exporter 'bad' of bad.py {line}"
    assert s2s(*export, "safetensors", parts=load_registry()).exit_code == 0


def test_exporter_that_can_not_open_is_named(run, write_plugin, refusal):
    path = write_plugin("bad.py", holding(EXPORTER, "def open(self, path): return path"))
    (run / "model.bad").write_text("")
    said = refusal("translate", run / "model.bad", "train.tsv", "--plugin", path)
    assert said.startswith("exporter 'bad' of bad.py fails: TypeError: Bad.open() ")


@pytest.mark.parametrize(
    ("returned", "line"),
    [
        ("None", " opens a file as None, expected a translator, which is called with texts"),
        ("[path]", " opens a file as [PosixPath("),
        ("lambda texts: []", " fails: TypeError: Bad.open.<locals>.<lambda>() takes 1 positional argument but 2 were "),
        ("lambda texts, prefixes: 1 / 0", " fails: ZeroDivisionError: division by zero (bad.py, line 11)"),
        ("lambda texts, prefixes: []", ": its translator gives 0 translations for 20 texts, expected a Translation"),
        ("lambda texts, prefixes: texts", ": its translator gives ['10 ab', "),
        ("lambda texts, prefixes: None", ": its translator gives None for 20 texts, expected a Translation for each"),
    ],
)
def test_exporter_that_opens_what_does_not_translate_is_named(returned, line, run, write_plugin, refusal):
    opening = f"def open(self, path, registry, settings, *, device):\n    return {returned}"
    path = write_plugin("bad.py", holding(EXPORTER, opening))
    (run / "model.bad").write_text("")
    (run / "text.txt").write_text("".join(f"{number} ab\n" for number in range(10, 30)))
    said = refusal("translate", run / "model.bad", run / "text.txt", "--plugin", path)
    assert said.startswith(f"exporter 'bad' of bad.py{line}")


def test_what_was_there_stays_where_an_exporter_fails(run, write_plugin, refusal):
    path = write_plugin("bad.py", holding(EXPORTER, EXPORT.format(body="1 / 0")))
    (run / "model.bad").write_text("of yesterday")
    refusal("export", run, "--plugin", path, "--format", "bad", "--force")
    assert (run / "model.bad").read_text() == "of yesterday"


def test_command_that_is_none_is_refused(write_plugin, refusal, s2s):
    parts = load_registry()
    s2s("plugins", "list", "--plugin", write_plugin("bad.py", COMMAND), parts=parts)
    assert refusal("bad", parts=parts) == "command 'bad' of bad.py is a function, not a click command"
    line = "command 'absent' of bad.py can't be loaded from bad:absent: AttributeError: module 'bad' has no attribute"
    assert refusal("absent", parts=parts).startswith(line)
    assert s2s("good", parts=parts).stdout == "hello\n"
    assert "absent" in s2s("--help", parts=parts).stdout


@pytest.mark.parametrize(
    ("base", "body", "line"),
    [
        ("Observer", "def __init__(self): self.file = open('no/log')", " fails: FileNotFoundError: [Errno 2] No such"),
        ("Observer", "def __init__(self, path): pass", " fails: TypeError: its constructor takes (path), and is given"),
        ("object", "def on_start(self, event): pass", " has no method `on_step`; let it inherit s2s_toolkit.observers"),
    ],
)
def test_observer_is_refused(base, body, line, write_plugin, refusal):
    path = write_plugin("bad.py", holding(OBSERVER, body, base=base))
    train = ("train", "tiny.toml", "--plugin", path, "--observer", "bad")
    assert refusal(*train).startswith(f"training observer 'bad' of bad.py{line}")


def test_observer_that_can_not_start_leaves_no_run(write_plugin, refusal):
    require("torch")
    path = write_plugin("bad.py", holding(OBSERVER, base="Observer", body="def on_start(self, event): open('no/log')"))
    said = refusal("train", "tiny.toml", "--plugin", path, "--observer", "bad")
    assert said.startswith("training observer 'bad' of bad.py can't start: FileNotFoundError: [Errno 2] No such file")


def test_observer_that_fails_is_left_out_and_training_goes_on(write_plugin, s2s, folder):
    require("torch")
    path = write_plugin("bad.py", holding(OBSERVER, base="Observer", body="def on_step(self, event): 1 / 0"))
    done = s2s("train", "tiny.toml", "--plugin", path, "--observer", "bad", "-o", "run", parts=load_registry())
    assert done.exit_code == 0
    assert (
        "observer 'bad' of bad.py is left out, its on_step failed: ZeroDivisionError: division by zero" in done.stderr
    )
    assert (folder / "run/checkpoints/best.safetensors").is_file()
