"""An export as `s2s export` makes it, verified, in a new process."""

import time
import zlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory, since_start


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """From the start of Python to the file; the framework's own start is a fact of it."""
    watch = Stopwatch()
    import_module(options["framework"])
    start, _ = watch.stop()

    from s2s_toolkit.exporter import find_exporter
    from s2s_toolkit.plugins import load_registry
    from s2s_toolkit.run import open_run

    registry = load_registry()
    run = open_run(Path(options["run"]), registry)
    with TemporaryDirectory() as place:
        path = Path(place) / "model.onnx"
        exporter = find_exporter("onnx", registry)
        exporter.export(run, path, registry, framework=options["framework"], strategy="beam", options={"beam_size": 5})
        seconds, processor, memory = since_start(), time.process_time(), peak_memory()
        facts = {"framework start": start, "graph and weights": digest(path)}
    yield Measured(1, seconds, processor, memory, facts=facts)


def digest(path: Path) -> int:
    """What two files have in common that are the same but for what they say of how they were made."""
    import onnx

    return zlib.crc32(onnx.load(path).graph.SerializeToString(deterministic=True))
