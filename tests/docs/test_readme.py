"""README.md: its code runs, and its lists of commands and extras are whole."""

import importlib
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.model import reference_parts
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.scaffold.naming import Names
from s2s_toolkit.scaffold.package import write_package
from s2s_toolkit.testing.requirements import require

PAGE = "README.md"

Page = Callable[[str], str]
Table = Callable[..., list[list[str]]]


def test_scorer_replaces_the_one_of_a_new_package_and_reaches_the_file(
    page: Page,
    small_run: Callable[..., Run],
    assert_file_is_the_model: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = page(PAGE)
    (name,) = re.findall(r"^s2s plugins new (\S+)$", shown, re.MULTILINE)
    (place,) = re.findall(r"`(s2s-\S+\.py)`:$", shown, re.MULTILINE)
    (code,) = [block for block in blocks(shown, "python") if "class" in block]
    write_package(tmp_path / f"s2s-{name}", Names(name), "attention scorer")
    assert (tmp_path / place).is_file()
    (tmp_path / place).write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / f"s2s-{name}")
    registry = load_registry()
    register_plugin(registry, importlib.import_module(f"s2s_{name}.plugin"), name)
    chosen = dict(re.findall(r"--set attention\.(\w+)=(\S+)", shown))
    attention = {**chosen, "scale": float(chosen["scale"])}
    assert_file_is_the_model(small_run(registry, attention=attention), registry)


def test_config_is_whole(page: Page, registry: Registry) -> None:
    read = Config.model_validate(config(page, "[data]"))
    require(read.framework)
    reference_parts(read.model, registry, read.framework)


def test_translator_example_gives_what_it_says(
    page: Page, files: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = [block for block in blocks(page(PAGE), "python") if "Translator(" in block]
    place = tmp_path / re.search(r'Translator\("(.+?)"\)', code)[1]
    place.parent.mkdir(parents=True)
    place.write_bytes(files().read_bytes())
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {}
    exec(compile(code, PAGE, "exec"), given)
    best = given["best"]
    assert best.attention.shape == (len(best.symbols), len("25 December 2024") + 1)
    assert best.score == pytest.approx(np.sum(best.token_log_probs), abs=1e-5)


def test_every_command_is_listed(table: Table, registry: Registry) -> None:
    ours = {o.component.name for o in registry.offers["command"] if o.plugin in ("s2s-toolkit", "s2s-onnx")}
    listed = [cell.strip("`").split()[1] for cell, _ in table(PAGE, "## Command line")]
    assert sorted(listed) == sorted(ours)


def test_every_extra_is_listed(table: Table, page: Page) -> None:
    defined = tomllib.loads(page("pyproject.toml"))["project"]["optional-dependencies"].keys()
    listed = {name for _, cell, _ in table(PAGE, "## Install", columns=3) for name in extras(cell)}
    assert listed == defined - {"onnx"}  # which is the distribution s2s-onnx, listed as such


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def config(page: Page, start: str) -> dict[str, Any]:
    (block,) = [block for block in blocks(page(PAGE), "toml") if block.startswith(start)]
    return tomllib.loads(block)


def extras(cell: str) -> list[str]:
    return [name for group in re.findall(r"\[(.+?)\]", cell) for name in group.split(",")]
