"""A training in a process of its own, which tells on stdout what happens: a JSON object on each line.

python -m s2s_toolkit.comparison.child CONFIG.toml FRAMEWORK RUN [--force]
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from s2s_toolkit.comparison.peak_memory import peak_memory
from s2s_toolkit.config import load_toml, parse_config
from s2s_toolkit.errors import S2SError, one_line
from s2s_toolkit.observers import BatchStep, End, Observer, Start, Validation
from s2s_toolkit.plugins import load_registry, register_files
from s2s_toolkit.training import train


class Teller(Observer):
    """Writes what happens."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def on_start(self, event: Start) -> None:
        self.tell("start", steps=event.total_steps, parameters=event.num_parameters)

    def on_step(self, event: BatchStep) -> None:
        self.tell("step", loss=event.loss, tokens=event.tokens)

    def on_validation(self, event: Validation) -> None:
        self.tell("validation", **asdict(event))

    def on_end(self, event: End) -> None:
        self.tell("end", memory=peak_memory())

    def on_warning(self, message: str) -> None:
        self.tell("warning", message=message)

    def tell(self, kind: str, **values: Any) -> None:
        """Write one line."""
        self.stream.write(f"{json.dumps({'kind': kind, **values})}\n")
        self.stream.flush()


def main(config: str, framework: str, run: str, *flags: str) -> int:
    """Train; the exit code."""
    teller = Teller(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a framework prints is none of these lines
    path = Path(config)
    try:
        content = {**load_toml(path), "framework": framework}
        parsed = parse_config(content, folder=path.parent, where=str(path))
        registry = load_registry()
        register_files(registry, parsed.plugins.files)
        train(parsed, Path(run), registry, teller, force="--force" in flags)
    except S2SError as error:
        teller.tell("error", message=one_line(error))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
