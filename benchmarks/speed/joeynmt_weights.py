"""A model of ours in JoeyNMT's format, so that both decode with the same weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from s2s_toolkit.files import atomic_path
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import load_checkpoint, open_run


def joeynmt_checkpoint(run_path: Path) -> Path:
    """The run's weights as JoeyNMT loads them; made once."""
    import torch

    path = run_path / "joeynmt.ckpt"
    if not path.exists():
        weights = load_checkpoint(open_run(run_path, load_registry()).weights_path()).weights
        state = {name: torch.tensor(np.ascontiguousarray(array)) for name, array in joeynmt_weights(weights).items()}
        with atomic_path(path) as temporary:
            torch.save({"model_state": state}, temporary)
    return path


def joeynmt_weights(w: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Our weights by JoeyNMT's names: matrices transposed, and its first two symbols change places."""
    swapped = np.r_[1, 0, 2 : len(w["source_embedding"])], np.r_[1, 0, 2 : len(w["target_embedding"])]
    found = {
        "src_embed.lut.weight": w["source_embedding"][swapped[0]],
        "trg_embed.lut.weight": w["target_embedding"][swapped[1]],
        "decoder.output_layer.weight": w["output.kernel"].T[swapped[1]],
        "decoder.att_vector_layer.weight": w["decoder.readout.kernel"].T,
        "decoder.att_vector_layer.bias": w["decoder.readout.bias"],
        "decoder.bridge_layer.weight": w["decoder.bridge.kernel"].T,
        "decoder.bridge_layer.bias": w["decoder.bridge.bias"],
        "decoder.attention.key_layer.weight": w["attention.key.kernel"].T,
        "decoder.attention.query_layer.weight": w["attention.query.kernel"].T,
        "decoder.attention.energy_layer.weight": w["attention.energy"][None],
    }
    cells = {
        "encoder.rnn.{}_l0": "encoder.layers.0.forward",
        "encoder.rnn.{}_l0_reverse": "encoder.layers.0.backward",
        "decoder.rnn.{}_l0": "decoder.layers.0",
    }
    arrays = {
        "weight_ih": "input_kernel",
        "weight_hh": "recurrent_kernel",
        "bias_ih": "input_bias",
        "bias_hh": "recurrent_bias",
    }
    cells_found = {
        place.format(theirs): w[f"{cell}.{ours}"].T for place, cell in cells.items() for theirs, ours in arrays.items()
    }
    return found | cells_found
