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
from s2s_toolkit.registry import Registry, load_registry, register_plugin
from s2s_toolkit.run import Run

PAGE = "README.md"

Page = Callable[[str], str]
Table = Callable[..., list[list[str]]]


def test_scorer_is_a_plugin_whose_part_reaches_the_file(
    page: Page,
    small_run: Callable[..., Run],
    assert_file_is_the_model: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (module,) = project(page)["tool"]["setuptools"]["py-modules"]
    (code,) = [block for block in blocks(page(PAGE), "python") if "@hookimpl" in block]
    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry = load_registry()
    ((name, target),) = project(page)["project"]["entry-points"]["s2s_toolkit"].items()
    register_plugin(registry, importlib.import_module(target), name)
    chosen = config(page, '[model.attention]\nname = "nearest"')["model"]["attention"]
    assert_file_is_the_model(small_run(registry, attention=chosen), registry)


def test_config_is_whole(page: Page, registry: Registry) -> None:
    read = Config.model_validate(config(page, "[data]"))
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


def project(page: Page) -> dict[str, Any]:
    return config(page, "[project]")


def extras(cell: str) -> list[str]:
    return [name for group in re.findall(r"\[(.+?)\]", cell) for name in group.split(",")]
