"""Open an exported file with onnxruntime."""

from pathlib import Path
from typing import Literal

import onnxruntime

from s2s_onnx.beside import check_beside
from s2s_onnx.seal import check_seal
from s2s_toolkit.errors import ModelFileError, UnsupportedError

ERRORS_ONLY = 3
Device = Literal["auto", "cpu", "cuda"]


def open_session(path: Path, num_threads: int = 0, device: Device = "auto") -> onnxruntime.InferenceSession:
    """A session; `num_threads` 0 leaves the number to onnxruntime, `device` "auto" is the CPU.

    Raises:
        ModelFileError: There is no such file, it or the weights beside it are damaged, or onnxruntime can't open it.
        UnsupportedError: This onnxruntime has no provider for the device.
    """
    if path.is_dir():
        hint = "; its manifest.json says what it is" if (path / "manifest.json").is_file() else ""
        raise ModelFileError(f"{path} is a folder, not a model file{hint}")
    if not path.is_file():
        raise ModelFileError(f"there is no model file {path}")
    check_seal(path)
    check_beside(path)
    used, options = providers(device), quiet_options()
    options.intra_op_num_threads = num_threads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=used)
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        raise ModelFileError(f"{path} is no ONNX model that onnxruntime can open: {first_line(error)}") from error


def quiet_options() -> onnxruntime.SessionOptions:
    """Options of a session that does not warn of each setting, an input with a default."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    return options


def providers(device: Device) -> list[str]:
    """The execution providers for a device; what CUDA can't do, strings for one, the CPU does."""
    if device not in ("auto", "cpu", "cuda"):
        raise UnsupportedError(f"there is no device {device!r}; use auto, cpu or cuda")
    if device != "cuda":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise UnsupportedError(
            "this onnxruntime can't use CUDA; pip uninstall onnxruntime, then pip install onnxruntime-gpu"
        )
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)
