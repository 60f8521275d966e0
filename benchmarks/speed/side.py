"""The process of a side: `python -m benchmarks.speed.side MODULE OPTIONS` prints a JSON line for each of its cases."""

import importlib
import json
import sys

from benchmarks.speed.measured import write


def main() -> None:
    """Call the module's `measure` with the options, JSON."""
    module, options = sys.argv[1:]
    for measured in importlib.import_module(module).measure(json.loads(options)):
        write(measured)


if __name__ == "__main__":
    main()
