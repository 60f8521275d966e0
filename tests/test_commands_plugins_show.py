"""`s2s plugins show`: what is told of a part, and that its snippet works."""

import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

import click
import pytest

from s2s_toolkit.commands.part_options import option_texts
from s2s_toolkit.commands.plugins.describing import describe, type_words
from s2s_toolkit.commands.plugins.show import kinds_of
from s2s_toolkit.config import Config
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.options import option_parameters
from s2s_toolkit.parts.encoders import GruEncoder
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.validation import check_options

PARTS = [(kind, offer.component.name) for kind, offers in load_registry().offers.items() for offer in offers]
DATA = {"data": {"train": "train.tsv", "dev": "dev.tsv"}}

FILE = '''
from pathlib import Path

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import Observer


class Log(Observer):
    """Writes what happens.

    One line each.

    Args:
        folder: Where to.
        every: Steps from line to line.

    Attributes:
        count: Lines.
    """

    def __init__(self, *, folder: Path = Path("log"), every: int | None = None, title: str) -> None:
        pass


@hookimpl
def s2s_training_observers():
    return [
        Component("log", ANY, f"{__name__}:Log", "a line now and then"),
        Component("gone", ANY, f"{__name__}:Gone", "is not there"),
    ]


@hookimpl
def s2s_attention_scorers():
    return [Component("gone", "torch", f"{__name__}:Gone", "likewise"), Component("gone", ANY, "gone:Gone", "too")]
'''


@pytest.fixture
def shown(s2s, tmp_path, monkeypatch):
    """What `show` says of a part of the file above."""
    path = tmp_path / "log_shown.py"
    path.write_text(FILE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield lambda *arguments: s2s("plugins", "show", *arguments, "--plugin", path, parts=load_registry())
    sys.modules.pop("log_shown", None)


def test_a_part_is_shown_with_its_options_and_a_section_to_copy(s2s):
    done = s2s("plugins", "show", "additive")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "attention scorer additive: a small network (Bahdanau et al. 2015)\n\n"
        "Compare query and memory with a small network: v · tanh(W q + U m + b).\n\n"
        "Bahdanau et al. (2015), appendix A.1.2.\n\n"
        "framework\tpackage\nany\ts2s-toolkit 0.1.0\n\n"
        "option\ttype\tdefault\tmeaning\nsize\tinteger\t128\t\n\n"
        '[model.attention]\nname = "additive"\nsize = 128\n'
    )


def test_an_encoder_in_several_frameworks_is_one_block_and_its_options_are_told_by_its_base(s2s):
    stdout = s2s("plugins", "show", "gru").stdout
    assert stdout.count("encoder gru: ") == 1
    assert "numpy\ts2s-toolkit 0.1.0" in stdout
    assert "size\tinteger\t256\tUnits of each direction." in stdout
    assert "bidirectional\ttrue or false\ttrue\tAlso read from the end to the start." in stdout
    assert option_texts(GruEncoder)["num_layers"] == "Layers, each reading the one below."


def test_what_a_class_says_of_an_option_goes_before_what_its_base_says():
    class Small(GruEncoder):
        """Small.

        Args:
            size: Few.
        """

    texts = option_texts(Small)
    assert (texts["size"], texts["dropout"]) == ("Few.", option_texts(GruEncoder)["dropout"])


@pytest.mark.parametrize(("kind", "name"), sorted(set(PARTS)))
def test_the_snippet_of_every_part_is_valid(registry, kind, name):
    description = describe(kind, name, registry)
    if kind == "command":
        assert description.snippet == f"s2s {name} --help"
        return
    if description.snippet.startswith("s2s "):
        check_command_line(description.snippet, registry)
        return
    content = tomllib.loads(description.snippet)
    Config.model_validate({**DATA, **content})
    options = options_in(content, kind, name)
    assert not description.options or set(options) <= {option.name for option in description.options}
    framework = description.offers[0].component.framework
    check_options(registry.load(kind, name, framework), options, where=kind)


def check_command_line(line: str, registry: Any) -> None:
    program, name, *arguments = shlex.split(line)
    assert program == "s2s"
    command = registry.load("command", name)
    with click.Context(command, obj=registry, help_option_names=["-h", "--help"]) as context:  # as `s2s` has them
        command.make_context(name, arguments, parent=context)  # UsageError where an option is none


def options_in(content: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """The options that a snippet sets, where a config has them; the part is named there too."""
    if kind == "framework":
        assert content == {"framework": name}
        return {}
    if kind == "tokenizer":
        assert content["source"] == content["target"]
        said = content["source"]["tokenizer"]
        assert (said if isinstance(said, str) else said.pop("name")) == name
        return {} if isinstance(said, str) else said
    if kind == "metric":
        assert content == {"training": {"metric": name}}
        return {}
    if kind == "training observer":
        return content["observers"][name]
    if kind == "decoding strategy":
        section, key = content["decoding"], "strategy"
    else:
        section, key = content["model"][kind.split()[0]], "name"
    assert section.pop(key) == name
    return section


def test_every_option_stands_in_the_snippet_at_its_default(registry):
    section = tomllib.loads(describe("decoding strategy", "beam", registry).snippet)["decoding"]
    defaults = {n: p.default for n, p in option_parameters(registry.load("decoding strategy", "beam")).items()}
    assert section == {"strategy": "beam", **defaults}


def test_an_option_that_toml_cannot_say_is_a_comment(shown):
    stdout = shown("log").stdout
    assert stdout.endswith('\n[observers.log]\nfolder = "log"\n# every = …\n# title = …\n')
    assert (
        'folder\tpath\t"log"\tWhere to.\nevery\tinteger\t\tSteps from line to line.\ntitle\ttext\trequired\t\n'
        in stdout
    )
    assert "Writes what happens.\n\nOne line each.\n\nframework" in stdout  # and nothing of arguments and attributes


def test_an_exporter_is_shown_with_its_flags(s2s):
    pytest.importorskip("s2s_onnx")
    stdout = s2s("plugins", "show", "onnx").stdout
    assert '--precision\t"fp32" or "fp16" or "int8"\t"fp32"\t' in stdout
    assert re.search(r"^s2s export RUN --format onnx --precision fp32 ", stdout, re.MULTILINE)


def test_a_metric_says_which_way_is_better(s2s):
    assert "Lower is better; in %." in s2s("plugins", "show", "ser").stdout


def test_parts_of_several_kinds_are_shown_or_the_one_that_is_asked_for(shown):
    assert [line for line in shown("gone").stdout.splitlines() if ": is" in line or ": likewise" in line] == [
        "attention scorer gone: likewise",
        "training observer gone: is not there",
    ]
    assert "attention scorer" not in shown("gone", "--kind", "training-observer").stdout


def test_a_part_that_cannot_be_loaded_says_so_and_the_rest_is_shown(shown):
    done = shown("gone", "--kind", "attention-scorer")
    assert done.exit_code == 0
    assert done.stdout == (
        "attention scorer gone: likewise\n\n"
        "problem: attention scorer 'gone' of log_shown.py can't be loaded from gone:Gone: "
        "ModuleNotFoundError: No module named 'gone'\n\n"
        "problem: attention scorer 'gone' of log_shown.py can't be loaded from log_shown:Gone: "
        "AttributeError: module 'log_shown' has no attribute 'Gone'\n\n"
        "framework\tpackage\ntorch\tlog_shown.py\nany\tlog_shown.py\n\n"
        '[model.attention]\nname = "gone"\n'
    )


def test_json_says_the_same(shown):
    (part,) = json.loads(shown("log", "--json").stdout)
    assert (part["kind"], part["name"], part["summary"]) == ("training observer", "log", "a line now and then")
    assert part["runs_in"] == [{"framework": "any", "package": "log_shown.py", "version": ""}]
    assert part["options"][1:] == [
        {"name": "every", "type": "integer", "required": False, "default": None, "text": "Steps from line to line."},
        {"name": "title", "type": "text", "required": True, "default": None, "text": ""},
    ]
    assert tomllib.loads(part["snippet"]) == {"observers": {"log": {"folder": "log"}}}
    assert part["problems"] == []


def test_an_unknown_name_is_one_line_with_names_like_it(s2s):
    done = s2s("plugins", "show", "aditive")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "s2s: no part called 'aditive'; did you mean 'additive'? `s2s plugins list` shows them all\n"
    )


def test_a_name_of_another_kind_is_told(registry):
    with pytest.raises(UnknownComponentError, match="no encoder called 'beam'; there is the decoding strategy 'beam'"):
        kinds_of("beam", registry, "encoder")


def test_a_broken_file_is_one_line(s2s, tmp_path):
    path = tmp_path / "broken_shown.py"
    path.write_text("from s2s_toolkit.components import Part")
    done = s2s("plugins", "show", "gru", "--plugin", path, parts=load_registry())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(
        "s2s: plugin broken_shown.py can't be imported: ImportError: cannot import name 'Part'"
    )


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "integer"),
        (float | None, "number"),
        (bool, "true or false"),
        (Path | str, "path or text"),
        (Literal["a", "b", 3], '"a" or "b" or 3'),
        (list[int], "list of integer"),
        (tuple[str, ...], "list of text"),
        (dict[str, int], "section"),
        (Any, "anything"),
        (click.Command, "Command"),
    ],
)
def test_types_are_told_as_a_person_would(annotation, words):
    assert type_words(annotation) == words
