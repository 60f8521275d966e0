"""Running an exported file imports numpy and onnxruntime, and no other package that is not ours."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PRINT_PACKAGES = "import sys; print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
OURS = {"s2s_onnx", "s2s_toolkit"}


def packages_after(script: str, *arguments: str) -> set[str]:
    """The packages outside of the standard library that a new interpreter has imported after a script."""
    command = [sys.executable, "-c", f"{script}\n{PRINT_PACKAGES}", *arguments]
    return set(
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout.split()
    )


def test_translating_imports_numpy_and_onnxruntime_only(exported: Callable[..., Path]) -> None:
    needed = packages_after("import numpy, onnxruntime")
    script = "from s2s_onnx import Translator; import sys; assert Translator(sys.argv[1])(['abc', 'dé'])[0].symbols"
    found = packages_after(script, str(exported("beam")))
    assert found - needed == OURS
    assert found.isdisjoint({"onnx", "spox", "torch", "tensorflow", "click", "pydantic", "pluggy", "rich"})


def test_the_command_opens_an_exported_file_without_what_only_runs_need(exported: Callable[..., Path]) -> None:
    script = "from s2s_toolkit.cli import cli; import sys; cli(['translate', sys.argv[1]], standalone_mode=False)"
    found = packages_after(script, str(exported("beam")))
    assert "onnxruntime" in found
    assert found.isdisjoint({"onnx", "spox", "torch", "tensorflow", "pydantic", "rich", "tokenizers", "pyarrow"})


def test_registering_the_plugin_imports_no_runtime() -> None:
    assert packages_after("import s2s_onnx.plugin").isdisjoint({"onnxruntime", "onnx", "spox", "numpy"})
