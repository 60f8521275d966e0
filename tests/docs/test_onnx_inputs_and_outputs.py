"""docs/onnx_format.md: inputs, outputs and what is said of them are those of real files."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = "docs/onnx_format.md"
NAMED = re.compile(r"`([\w.]+)`")

Table = Callable[..., list[list[str]]]
Section = Callable[[str, str], str]
Files = Callable[..., Path]
OpenFile = Callable[[Path], Any]
RunFile = Callable[..., dict[str, np.ndarray]]
Require = Callable[..., None]

every_kind = pytest.mark.parametrize("taken", ["text", "ids"])


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
@pytest.mark.parametrize("settings", ["optional", "required"])
@every_kind
def test_inputs(strategy: str, settings: str, taken: str, table: Table, files: Files, open_file: OpenFile) -> None:
    there = {"always", f"strategy `{strategy}`", "the file takes text" if taken == "text" else "`--input ids`"}
    documented = {
        (name.strip("`"), kind, shape, bool(default) and settings == "optional")
        for name, kind, shape, default, condition in table(PAGE, "## Inputs", columns=5)
        if condition in there
    }
    session = open_file(files(strategy, input=taken, settings=settings))
    plain, optional = session.get_inputs(), session.get_overridable_initializers()
    assert {(*described(value), value in optional) for value in [*plain, *optional]} == documented


@every_kind
def test_defaults_of_inputs(taken: str, table: Table, files: Files, require: Require) -> None:
    require("onnx")
    import onnx

    documented = {name.strip("`"): default for name, _, _, default, _ in table(PAGE, "## Inputs", columns=5)}
    stored = onnx.load(files("sample", input=taken, temperature=0.75)).graph.initializer
    found = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in stored}
    if taken == "text":
        assert [documented["prefix"], found["prefix"].astype(str).tolist()] == ['`[""]`', [""]]
    else:
        assert documented["prefix_ids"] == f"shape {found['prefix_ids'].shape}"
    assert documented["temperature"] == documented["max_length"] == "as exported"
    assert (found["temperature"], found["max_length"]) == (0.75, 9)


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
def test_outputs(strategy: str, table: Table, files: Files, open_file: OpenFile) -> None:
    results = {"beam": {"n_best": 2}, "sample": {"num_samples": 2}}.get(strategy, {})
    documented = {
        (name.strip("`"), kind, axes.replace("N", "2" if results else "1"))
        for name, kind, axes, _ in table(PAGE, "## Outputs", columns=4)
    }
    assert {described(value) for value in open_file(files(strategy, **results)).get_outputs()} == documented


def test_outputs_that_are_named(section: Section, files: Files, open_file: OpenFile) -> None:
    text = section(PAGE, "## Outputs")

    def names(before: str, after: str) -> set[str]:
        return set(NAMED.findall(text.partition(before)[2].partition(after)[0]))

    def outputs(**choices: str) -> set[str]:
        return {value.name for value in open_file(files(**choices)).get_outputs()}

    assert outputs(input="ids") == names("A file that takes ids gives", ".\n")
    assert outputs(outputs="") == names("what an app wants to pay for.", "are always there")
    assert outputs(outputs="", input="ids") == names("with ids", ":")
    assert "`--outputs token_log_probs,lengths` adds those two" in text
    assert outputs(outputs="token_log_probs,lengths") == outputs(outputs="") | {"token_log_probs", "lengths"}
    for name in ("attention", "alignment"):
        assert outputs(outputs=name) == outputs(outputs="") | {name, "source_symbols"}


def test_what_is_left_out_is_not_computed(files: Files, require: Require) -> None:
    require("onnx")
    import onnx

    from s2s_onnx.graph.graphs import all_graphs

    def operators(path: Path) -> set[str]:
        return {node.op_type for graph in all_graphs(onnx.load(path).graph) for node in graph.node}

    assert "ArgMax" in operators(files("sample"))  # of the alignment; a sample needs no other
    assert "ArgMax" not in operators(files("sample", outputs="attention"))


def test_a_target_is_cut_off_where_it_has_no_end(files: Files, run_file: RunFile, texts: list[str]) -> None:
    for max_length in range(1, 9):
        found = run_file(files("sample"), source=texts, max_length=np.array(max_length))
        cut_off = found["lengths"] == found["ids"].shape[2]
        if cut_off.any() and not cut_off.all():
            break
    assert cut_off.any()
    assert not cut_off.all()
    assert ((found["symbols"] == "</s>").any(axis=-1) == ~cut_off).all()


def test_a_prefix_without_room_is_cut_off(files: Files, run_file: RunFile) -> None:
    lengths = {"max_length": np.array(3), "min_length": np.array(3)}
    found = run_file(files(), source=["1 May", "dd"], prefix=["2025-05", "1"], **lengths)
    assert found["symbols"][0, 0].tolist() == ["2", "0", "2"]
    assert found["symbols"][1, 0, 0] == "1"


def test_ids_may_be_none_and_the_file_adds_the_end(files: Files, run_file: RunFile) -> None:
    found = run_file(files(input="ids"), source_ids=np.zeros((2, 0), np.int64))
    steps = np.arange(found["ids"].shape[2])  # all attend to the end, which is all there is
    np.testing.assert_array_equal(found["attention"], (steps <= found["lengths"][..., None])[..., None])


def described(value: Any) -> tuple[str, str, str]:
    """Name, type and axes as the tables have them."""
    axes = [f"({', '.join(map(str, value.shape)).replace('B or 1', each)})" for each in ("B", "1")]
    return value.name, value.type.removeprefix("tensor(").removesuffix(")"), " or ".join(dict.fromkeys(axes))
