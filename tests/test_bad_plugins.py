"""Plugins that can't be loaded, as a user meets them: a line that says which and why, and the rest works on."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.testing.requirements import require

S2S = Path(sysconfig.get_path("scripts")) / "s2s"
IMPORTS = "from s2s_toolkit.components import ANY, Component\nfrom s2s_toolkit.hookspecs import hookimpl\n"
GOOD = IMPORTS + '@hookimpl\ndef s2s_tokenizers():\n    return [Component("good", ANY, "good:Good", "for a test")]\n'
TOKENIZER = "from s2s_toolkit.tokenizers import Characters\nclass Good(Characters):\n    pass\n"
MISTAKES = {
    "import_error": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax_error": ("def (", "SyntaxError: invalid syntax (syntax_error.py, line 1)"),
    "script": ("import sys\nsys.exit('usage')", "SystemExit: usage"),
    "misspelt": (
        IMPORTS + "@hookimpl\ndef s2s_tokenisers():\n    return []\n",
        f"there is no hook 's2s_tokenisers'; did you mean 's2s_tokenizers'? hooks: {', '.join(HOOKS.values())}",
    ),
    "signature": (
        IMPORTS + "@hookimpl\ndef s2s_tokenizers(config):\n    return []\n",
        "s2s_tokenizers has a wrong signature; a hook takes no arguments",
    ),
    "raising": (
        IMPORTS + "@hookimpl\ndef s2s_tokenizers():\n    raise OSError('no licence')\n",
        "s2s_tokenizers: OSError: no licence",
    ),
}


@pytest.fixture
def command(folder):
    """Call `s2s` in a process of its own that finds the distributions in the working directory's `site`."""
    (folder / "site").mkdir()

    def call(*arguments, **environment):
        path = os.pathsep.join([str(folder / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "300", **environment}
        return subprocess.run(
            [sys.executable, S2S, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return call


def install(folder, name, source):
    """A distribution of one module, as pip would leave it."""
    (folder / f"site/{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"site/{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: s2s-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[s2s_toolkit]\nplugin = {name}\n")


def test_all_kinds_of_broken_plugins_at_once_disturb_nobody(command, folder):
    for name, (source, _) in MISTAKES.items():
        install(folder, name, source)
    install(folder, "good", GOOD + TOKENIZER)
    listed = command("plugins", "list")
    warnings = sorted(f"s2s: warning: plugin s2s-{n} is skipped: {reason}" for n, (_, reason) in MISTAKES.items())
    assert listed.returncode == 0
    assert sorted(listed.stderr.splitlines()) == warnings
    failed = {tuple(line.split("\t")[3::2]) for line in listed.stdout.splitlines() if line.startswith("failed")}
    assert failed == {(f"s2s-{name}", reason) for name, (_, reason) in MISTAKES.items()}
    assert "tokenizer\tgood\tany\ts2s-good\t1.0\tfor a test" in listed.stdout.splitlines()
    assert command("plugins", "list", S2S_PLUGINS="s2s-good").stderr == ""


def test_another_plugins_part_still_trains(command, folder):
    require("torch")
    install(folder, "broken", MISTAKES["import_error"][0])
    install(folder, "good", GOOD + TOKENIZER)
    done = command("train", "tiny.toml", "--set", "source.tokenizer=good", "-o", "run")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("s2s: warning: plugin s2s-broken is skipped: ModuleNotFoundError: ")
    assert '"plugin": "s2s-good"' in (folder / "run/run.json").read_text()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("absent:Scorer", "ModuleNotFoundError: No module named 'absent'"),
        ("string:Scorer", "AttributeError: module 'string' has no attribute 'Scorer'"),
        ("__main__:Scorer", "AttributeError: module '__main__' has no attribute 'Scorer'"),
    ],
)
def test_target_that_is_not_there_is_told_when_it_is_used(target, reason, refusal, s2s):
    parts = load_registry()
    register_plugin(parts, offering(s2s_attention_scorers=[Component("bad", ANY, target, "")]), "s2s-bad")
    assert s2s("plugins", "list", parts=parts).exit_code == 0
    said = refusal("train", "tiny.toml", "--set", "model.attention={name='bad'}", parts=parts)
    assert said == f"attention scorer 'bad' of s2s-bad can't be loaded from {target}: {reason}"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("encoder", "model.encoder={name='twin'}"),
        ("attention scorer", "model.attention={name='twin'}"),
        ("decoder", "model.decoder={name='twin'}"),
        ("decoding strategy", "decoding={strategy='twin'}"),
        ("tokenizer", "target.tokenizer=twin"),
        ("metric", "training.metric=twin"),
        ("training observer", "observers={twin={}}"),
    ],
)
def test_two_parts_of_one_name_are_told_when_one_is_used(kind, change, refusal, s2s):
    require("torch")
    parts = load_registry()
    for name in ("s2s-one", "s2s-two"):
        register_plugin(parts, offering(**{HOOKS[kind]: [Component("twin", ANY, "string:capwords", "")]}), name)
    said = refusal("train", "tiny.toml", "--set", change, parts=parts)
    assert said == f"{kind} 'twin' is offered by s2s-one and s2s-two; uninstall or rename one"
    assert "CLASH: s2s-two offers it too" in s2s("plugins", "list", parts=parts).stdout


def test_plugin_that_takes_a_name_of_the_core_spoils_that_part_alone(refusal, s2s):
    require("torch")
    parts = load_registry()
    plugin = offering(s2s_attention_scorers=[Component("additive", ANY, "string:capwords", "")])
    register_plugin(parts, plugin, "s2s-bad")
    said = refusal("train", "tiny.toml", parts=parts)
    assert said == "attention scorer 'additive' is offered by s2s-toolkit and s2s-bad; uninstall or rename one"
    assert s2s("train", "tiny.toml", "--set", "model.attention={name='general'}", parts=parts).exit_code == 0


def offering(**components):
    """A plugin object with a hook for each list of components."""
    return type("Plugin", (), {hook: hookimpl(lambda self, c=c: c) for hook, c in components.items()})()
