"""The two files of the steps form as a model for the toolkit's own search; an app's own loop does the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from s2s_onnx.session import Device, first_line, open_session
from s2s_toolkit.errors import ModelFileError

State = dict[str, np.ndarray]


class OnnxStepper:
    """Encoder and decoder step, each a file (`s2s_toolkit.contracts.Stepper`).

    Args:
        folder: Where the files are.
        manifest: What `manifest.json` in it says.
        device: As `s2s_onnx.session.open_session` has it.
        num_threads: Likewise.
    """

    def __init__(
        self, folder: Path, manifest: Mapping[str, Any], *, device: Device = "auto", num_threads: int = 0
    ) -> None:
        self.encoder = open_session(folder / manifest["files"]["encoder"]["name"], num_threads, device)
        self.decoder_step = open_session(folder / manifest["files"]["decoder_step"]["name"], num_threads, device)
        self.memory, self.state = manifest["memory"], manifest["state"]
        self.vocabulary_size: int = manifest["target_symbols"]

    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        """The encoder's outputs (B, S, M)."""
        (memory,) = _run(self.encoder, ["memory"], {"source_ids": source_ids, "source_lengths": source_lengths})
        return memory

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> State:
        """What the encoder gives, with `copies` rows for each source, side by side."""
        names = [*self.memory, *self.state]
        arrays = _run(self.encoder, names, {"source_ids": source_ids, "source_lengths": source_lengths})
        return {name: np.repeat(array, copies, axis=0) for name, array in zip(names, arrays, strict=True)}

    def step(self, previous_ids: np.ndarray, state: State) -> tuple[np.ndarray, np.ndarray, State]:
        """Previous ids (R,) -> logits (R, V), attention (R, S), state."""
        names = ["logits", "attention", *(f"next_{name}" for name in self.state)]
        logits, attention, *new = _run(self.decoder_step, names, {"previous_ids": previous_ids, **state})
        return logits, attention, state | dict(zip(self.state, new, strict=True))

    def select(self, state: State, rows: np.ndarray) -> State:
        """The state whose row i is row `rows[i]` of the given one; a source's rows share what attention reads."""
        return state | {name: state[name][rows] for name in self.state}


def _run(session: onnxruntime.InferenceSession, names: list[str], feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    try:
        found: list[np.ndarray] = session.run(names, dict(feed))
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        raise ModelFileError(f"the exported parts can't be run: {first_line(error)}") from error
    return found
