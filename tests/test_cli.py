import subprocess
import sys
from pathlib import Path

import click
import pytest

import s2s_toolkit
from s2s_toolkit.cli import cli
from s2s_toolkit.components import HOOKS
from s2s_toolkit.errors import S2SError
from s2s_toolkit.registry import Registry

HEAVY = "torch tensorflow keras onnx onnxruntime spox numpy pydantic rich matplotlib babel s2s_toolkit.config".split()
S2S = [sys.executable, "-c", "from s2s_toolkit.cli import main; main()"]
FOREIGN = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl

@hookimpl
def s2s_tokenizers():
    return [Component("foreign", ANY, "foreign:x", "日")]
"""
COMMANDS = (
    "train find-learning-rate tune vocabulary compare average translate evaluate score "
    "export serve plot report plugins demo"
).split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plugins", "--help"], ["plugins", "list"]])
def test_looking_around_imports_nothing_heavy(arguments):
    script = f"""
import sys
from s2s_toolkit.cli import cli
cli({arguments}, standalone_mode=False)
print(*sys.modules.keys() & {set(HEAVY)}, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_help_lists_the_commands_in_the_order_of_work(s2s):
    text = s2s("--help").stdout
    assert [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()][: len(COMMANDS)] == COMMANDS
    assert "train a model from a config" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(s2s, name):
    done = s2s(name, "-h")
    assert done.exit_code == 0
    assert f"Usage: cli {name}" in done.stdout


def test_version(s2s):
    assert s2s("--version").stdout == f"s2s {s2s_toolkit.__version__}\n"


def test_an_unknown_command_is_named(s2s):
    done = s2s("trian")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No such command 'trian'" in done.stderr


def test_a_plugin_adds_a_command(s2s, with_part):
    @click.command()
    @click.pass_obj
    def count(registry):
        click.echo(len(registry.offers))

    parts = with_part("s2s_add_commands", "count", count)
    assert "count a fake count".split() in [line.split() for line in s2s("--help", parts=parts).stdout.splitlines()]
    assert s2s("count", parts=parts).stdout == f"{len(HOOKS)}\n"


def test_what_the_user_can_mend_is_one_line(s2s, with_part):
    done = s2s("fail", parts=with_part("s2s_add_commands", "fail", failing(S2SError("no luck;\ntry again"))))
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "s2s: no luck; try again\n")


@pytest.mark.parametrize(("setting", "is_shown"), [("1", True), ("0", False), ("", False)])
def test_a_plugins_author_can_see_where_an_error_comes_from(setting, is_shown, s2s, with_part, monkeypatch):
    monkeypatch.setenv("S2S_TRACEBACK", setting)
    done = s2s("fail", parts=with_part("s2s_add_commands", "fail", failing(S2SError("no luck"))))
    *above, last = done.stderr.splitlines()
    assert (done.exit_code, done.stdout, last) == (2, "", "s2s: no luck")
    assert above[:1] == ["Traceback (most recent call last):"] * is_shown
    assert any("in fail" in line for line in above) == is_shown


@pytest.mark.parametrize(
    ("interrupt", "line"),
    [(KeyboardInterrupt(), "s2s: interrupted\n"), (KeyboardInterrupt("go on"), "s2s: interrupted; go on\n")],
)
def test_an_interruption_is_one_line(s2s, with_part, interrupt, line):
    done = s2s("fail", parts=with_part("s2s_add_commands", "fail", failing(interrupt)))
    assert (done.exit_code, done.stderr) == (130, line)


def test_a_mistake_of_ours_keeps_its_traceback(s2s, with_part):
    with pytest.raises(ZeroDivisionError):
        s2s("fail", parts=with_part("s2s_add_commands", "fail", failing(ZeroDivisionError())))


def test_a_command_that_is_none_is_refused(s2s, with_part):
    done = s2s("odd", parts=with_part("s2s_add_commands", "odd", len))
    assert (done.exit_code, done.stderr) == (
        2,
        "s2s: command 'odd' of fake is a builtin_function_or_method, not a click command\n",
    )


def test_a_broken_plugin_is_one_line_and_no_hindrance(tmp_path):
    install(tmp_path, "broken", "raise RuntimeError('two\\nlines')")
    done = run_s2s("--help", folder=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "s2s: warning: plugin broken is skipped: RuntimeError: two lines\n"


def test_a_terminal_that_lacks_a_character_is_no_reason_to_fail(tmp_path):
    install(tmp_path, "foreign", FOREIGN)
    done = run_s2s("plugins", "list", folder=tmp_path, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u65e5" in done.stdout


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen([*S2S, "plugins", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() in (0, 1)


def test_the_registry_is_loaded_where_none_is_given():
    with cli.make_context("s2s", ["plugins"]) as context:
        assert isinstance(context.obj, Registry)


def failing(error: BaseException) -> click.Command:
    @click.command()
    def fail():
        raise error

    return fail


def install(folder: Path, name: str, code: str) -> None:
    """Make a plugin that a process with this folder on its path finds."""
    package = folder / f"{name}-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(f"[s2s_toolkit]\n{name} = {name}\n")
    (folder / f"{name}.py").write_text(code, encoding="utf-8")


def run_s2s(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    environment |= {"PYTHONPATH": str(folder)}
    return subprocess.run([*S2S, *arguments], capture_output=True, text=True, cwd=folder, env=environment)
