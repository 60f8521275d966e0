"""Open an exported file with onnxruntime."""

from pathlib import Path

import onnxruntime

from s2s_toolkit.errors import ModelFileError

ERRORS_ONLY = 3


def open_session(path: Path, num_threads: int = 0) -> onnxruntime.InferenceSession:
    """A session on the CPU; `num_threads` 0 leaves the number to onnxruntime. A file that does not open is named."""
    if not path.is_file():
        raise ModelFileError(
            f"{path} is a folder, not a model file" if path.is_dir() else f"there is no model file {path}"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = ERRORS_ONLY  # it would warn of each setting, an input with a default
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        raise ModelFileError(f"{path} is no ONNX model that onnxruntime can open: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)
