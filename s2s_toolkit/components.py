"""The records by which plugins offer parts, and the kinds of part there are."""

import re
from dataclasses import dataclass, fields

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
    "training observer": "s2s_training_observers",
}
"""Kind of part -> the hook that offers it."""


_NAME = re.compile(r"[\w-]+")
_TARGET = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")


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

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str):
                hint = f'; write "{value.__module__}:{value.__qualname__}"' if isinstance(value, type) else ""
                raise TypeError(f"the {field.name} of a Component is a string, given {value!r:.60}{hint}")
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a part's name has letters, digits, '_' and '-', given {self.name!r}")
        if not _TARGET.fullmatch(self.target):
            raise ValueError(f'the target of {self.name!r} must be "module:object", given {self.target!r}')
