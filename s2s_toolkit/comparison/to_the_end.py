"""Trainings to the end, each in a process of its own, so that its memory and its start are its framework's."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from s2s_toolkit.comparison.trained import Exported, Measured, Trained
from s2s_toolkit.components import ANY
from s2s_toolkit.config import Config, write_config
from s2s_toolkit.config_sections import PluginsConfig
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.errors import S2SError
from s2s_toolkit.evaluation import Watch, evaluate
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import load_translator
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.observers import Validation
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run

CONFIG = "config.toml"
COMMAND = ("-c", "from s2s_toolkit.cli import main; main()")
"""The command line `s2s` through this same Python."""

Told = Callable[[dict[str, Any]], None]


def write_shared_config(config: Config, folder: Path, plugin_files: tuple[Path, ...]) -> Path:
    """Write what all trainings go by, changes included; its place. Plugin files that were named go into it."""
    path = folder / CONFIG
    files = tuple(dict.fromkeys([*config.plugins.files, *plugin_files]))
    write_config(config.model_copy(update={"plugins": PluginsConfig(files=files)}), path)
    return path


def train_apart(config: Path, framework: str, run: Path, *, force: bool = False, watch: Told) -> Measured:
    """Train in a process of its own, an ordinary run; S2SError if that ends otherwise.

    Args:
        config: What all trainings go by.
        framework: What trains.
        run: The run directory.
        force: Replace an existing run.
        watch: Takes what the process tells: "start" with its `steps`, "step", "validation", "end".
    """
    command = [sys.executable, "-m", "s2s_toolkit.comparison.child", str(config), framework, str(run)]
    start, first_step = time.perf_counter(), 0.0
    told: dict[str, list[dict[str, Any]]] = {"start": [], "step": [], "validation": [], "end": []}
    with _lines_of([*command, *["--force"] * force], framework) as lines:
        for line in lines:
            watch(line)
            kind = line.pop("kind")
            told.setdefault(kind, []).append(line)
            first_step = first_step or (time.perf_counter() - start if kind == "step" else 0.0)
    return Measured(
        framework=framework,
        run=run,
        seconds=time.perf_counter() - start,
        start_seconds=first_step,
        memory=told["end"][0]["memory"],
        parameters=told["start"][0]["parameters"],
        losses=[step["loss"] / step["tokens"] for step in told["step"]],
        validations=[Validation(**each) for each in told["validation"]],
    )


def export_apart(run: Path, registry: Registry, format_name: str, *, plugin_files: tuple[Path, ...]) -> Exported | None:
    """Export a run by the command line in a process of its own; None where the format is not installed."""
    if not registry.has("exporter", format_name, ANY):
        return None
    path, start = run / f"model.{format_name}", time.perf_counter()
    plugins = [part for file in plugin_files for part in ("--plugin", str(file))]
    command = [sys.executable, *COMMAND, *plugins, "export", str(run), "--force"]
    done = subprocess.run([*command, "-o", str(path)], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise S2SError(f"{run} can't be exported: {_last_line(done.stderr)}")
    seconds = time.perf_counter() - start
    digest = getattr(find_exporter(format_name, registry), "graph_digest", None)
    return Exported(seconds, path.stat().st_size, digest(path) if callable(digest) else "")


def decode(measured: Measured, exported: Exported | None, registry: Registry, *, watch: Watch) -> Trained:
    """A training with the scores and the texts that its best checkpoint gives for the dev pairs."""
    run = open_run(measured.run, registry)
    names = [run.config.training.metric] if run.config.training.metric != LOSS else ["exact_match", "ser"]
    metrics = [load_metric(name, registry) for name in names]
    found = evaluate(load_translator(run, registry), dev_pairs(run), metrics, registry, watch=watch)
    return Trained(measured, exported, found.scores, [each.text for each in found.hypotheses])


def dev_pairs(run: Run) -> list[Pair]:
    """The dev pairs that have symbols on both sides, in their order."""
    return [pair for _, pair in numbered_dev_pairs(run)]


def numbered_dev_pairs(run: Run) -> list[tuple[int, Pair]]:
    """Likewise, each with its line, from 1."""
    pairs = enumerate(read_pairs(run.config.data.dev, run.config.data.columns), start=1)
    return [(line, pair) for line, pair in pairs if run.source.split(pair.source) and run.target.split(pair.target)]


@contextmanager
def _lines_of(command: list[str], framework: str) -> Iterator[Iterator[dict[str, Any]]]:
    """What a process tells; S2SError if it fails. It ends where this process stops listening."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8")
        said: list[str] = []

        def told() -> Iterator[dict[str, Any]]:
            for text in process.stdout or ():
                line = json.loads(text)
                if line["kind"] == "error":
                    said.append(line["message"])
                else:
                    yield line

        try:
            yield told()
            process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            if process.stdout:
                process.stdout.close()
        if process.returncode:
            errors.seek(0)
            raise S2SError(f"training in {framework} failed: {said[0] if said else _last_line(errors.read())}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("s2s: ") if lines else "it said nothing"
