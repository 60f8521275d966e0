"""The records by which plugins offer parts, and the kinds of part there are."""

from dataclasses import dataclass

ANY = "any"
"""The framework of a portable part: written once, it runs on numpy, PyTorch, TensorFlow and in the ONNX graph."""

HOOKS = {
    "framework": "s2s_frameworks",
    "encoder": "s2s_encoders",
    "attention scorer": "s2s_attention_scorers",
    "decoder": "s2s_decoders",
    "decoding strategy": "s2s_decoding_strategies",
    "tokenizer": "s2s_tokenizers",
    "metric": "s2s_metrics",
    "exporter": "s2s_exporters",
    "command": "s2s_add_commands",
}
"""Kind of part -> the hook that offers it."""


@dataclass(frozen=True)
class Component:
    """One part that a plugin offers.

    Attributes:
        name: What a config or the command line calls it.
        framework: "numpy", "torch", "tensorflow", "onnx", or "any" for a portable part.
        target: "module:object", imported when the part is first used.
        summary: One line for `s2s plugins list`.
    """

    name: str
    framework: str
    target: str
    summary: str
