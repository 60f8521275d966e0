"""`s2s inspect`: what an exported file is."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.tables import Row, show_table

COLUMNS = ("part", "name", "value")
SIDES = ("source", "target")
GROUPS = ("model", "members", "strategy", "fixed", "settings", "verification", "comparison")
"""Entries of the metadata that are shown apart from those about the file."""
TECHNICAL = ("separators", "segmentation", "state", "vocabulary")
"""What programs need, and people do not."""
ORDER = (
    *("format", "toolkit", "framework", "checkpoint", "precision"),
    *("tokenizer", "tokenizer_options", "normalization", "lowercase", "symbols"),
    *("embedding_size", "encoder", "attention", "decoder"),
)
"""What is shown first, in this order; the rest follows as it stands in the metadata."""
QUANTITIES = ("memory", "logits", "teacher_forced_attention", "scores", "token_log_probs", "attention", "alignment")
"""In the order in which they follow from one another."""


@click.command()
@click.argument("model", metavar="MODEL.onnx", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def command(model: Path, as_json: bool) -> None:
    """Show what MODEL.onnx is: its task, parts, weights, inputs and outputs, and how it was verified."""
    from s2s_onnx.inspection import inspect_file

    facts = inspect_file(model)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        show_table(COLUMNS, list(list_facts(facts)), header=False)


def list_facts(facts: dict[str, Any]) -> Iterator[Row]:
    """A row of `COLUMNS` for each fact that `inspect_file` found."""
    metadata = facts["metadata"]
    yield "file", "size", _size(facts["bytes"])
    yield from (("file", *row) for row in _entries(_about_file(facts)))
    for side in SIDES:
        yield from ((side, *row) for row in _entries(_about_side(metadata, side)))
    yield from (("model", *row) for row in _entries(metadata.get("model", {})))
    for number, member in enumerate(metadata.get("members", []), start=1):
        about = {name: value for name, value in member.items() if name != "model"}
        yield from ((f"member {number}", *row) for row in _entries(about | member["model"]))
    for precision, counts in facts.get("weights", {}).items():
        yield "weights", precision, f"{counts['number']:,} numbers, {_size(counts['bytes'])}"
    yield "strategy", metadata["strategy"], _options(metadata["fixed"]) or "no fixed options"
    for group in ("inputs", "outputs"):
        yield from ((group, value["name"], _value(value)) for value in facts[group])
    yield from (("verified", *row) for row in _verification(metadata.get("verification")))
    yield from (("comparison", *row) for row in _comparison(metadata.get("comparison")))


def _about_file(facts: dict[str, Any]) -> dict[str, Any]:
    metadata = facts["metadata"]
    names = [name for name in metadata if name not in GROUPS and name.partition("_")[0] not in SIDES]
    graph = {name: facts[name] for name in ("operator_sets", "ir_version") if name in facts}
    return {name: metadata[name] for name in names if not (graph and name == "opset")} | graph


def _about_side(metadata: dict[str, Any], side: str) -> dict[str, Any]:
    entries = {name.removeprefix(f"{side}_"): value for name, value in metadata.items() if name.startswith(f"{side}_")}
    return {name: value for name, value in entries.items() if name not in TECHNICAL}


def _verification(report: Any) -> Iterator[tuple[str, str]]:
    """What `Verification.as_dict` wrote."""
    if not isinstance(report, dict):
        yield "", "no"
        return
    yield "against", report["framework"]
    ties = f", ties for {report['ties']:,}" if report["ties"] else ""
    yield "text", f"the same for {report['same_text']:,} of {report['sources']:,} sources{ties}"
    for name, found in _sorted(report["quantities"], QUANTITIES):
        yield name.replace("_", " "), f"{found['greatest_difference']:.1e} at most, {found['values']:,} values"


def _comparison(found: Any) -> Iterator[tuple[str, str]]:
    """What `s2s_onnx.gate.Comparison.as_dict` wrote."""
    if isinstance(found, dict):
        yield (
            found["metric"],
            f"{found['before']:.2f} -> {found['after']:.2f} {found['unit']}, {found['pairs']:,} pairs",
        )
        yield "size", f"{_size(found['bytes_before'])} -> {_size(found['bytes_after'])}"


def _entries(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((name.replace("_", " "), _shown(value)) for name, value in _sorted(content, ORDER))


def _sorted(content: dict[str, Any], order: Sequence[str]) -> list[tuple[str, Any]]:
    """Entries in an order, those that it lacks behind it."""
    return sorted(content.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _shown(value: Any) -> str:
    """A part's name goes before its options."""
    if not isinstance(value, dict):
        return _plain(value)
    options = _options({name: option for name, option in value.items() if name != "name"})
    return ", ".join(filter(None, [str(value.get("name", "")), options]))


def _options(content: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in content.items())


def _value(value: dict[str, Any]) -> str:
    axes = ", ".join(map(str, value["axes"]))
    default = f", default {_plain(value['default'])}" if "default" in value else ""
    return f"{value['type']} ({axes}){default}"


def _plain(value: Any) -> str:
    return value or "none" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _size(count: int) -> str:
    return f"{count / 1e6:,.2f} MB"
