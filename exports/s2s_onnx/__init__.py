"""Export s2s-toolkit models to one ONNX file and run that file with onnxruntime."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s2s_onnx.translator import Translator

__all__ = ["Translator"]


def __getattr__(name: str) -> Any:
    """Import `Translator`, and with it onnxruntime, when it is first asked for: registering a plugin needs neither."""
    if name != "Translator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from s2s_onnx.translator import Translator

    return Translator
