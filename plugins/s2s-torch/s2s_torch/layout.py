"""Where each weight of `docs/weights.md` lies in a PyTorch module.

Matrices of PyTorch's own layers are transposed; the LSTM's second bias is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

RECURRENT = {
    "weight_ih": "input_kernel",
    "weight_hh": "recurrent_kernel",
    "bias_ih": "input_bias",
    "bias_hh": "recurrent_bias",
}

DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True)
class Place:
    """A parameter, and whether its matrix is the transpose of ours."""

    parameter: nn.Parameter
    transposed: bool = False

    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """A tensor of the parameter's shape (itself, its gradient, its moments) in our layout."""
        values = tensor.detach().cpu().numpy()
        return np.array(values.T if self.transposed else values, order="C")  # a copy: the parameter changes in place

    def to_tensor(self, values: np.ndarray) -> Tensor:
        """Our layout -> a tensor of the parameter's shape."""
        tensor = torch.from_numpy(np.array(values.T if self.transposed else values, order="C"))  # a copy, as above
        return tensor.to(self.parameter.device, self.parameter.dtype)


def places(module: nn.Module) -> dict[str, Place]:
    """Weight name -> where it lies, for each trained weight of a module; one that several modules share, once."""
    found, seen = {}, set[nn.Parameter]()
    for path, child in module.named_modules():
        for name, place in _own_places(child):
            if place.parameter not in seen:
                full = _one_direction(".".join(filter(None, [path, name])))
                found[full.replace("attention.scorer", "attention").replace("/", ".")] = place
            seen.add(place.parameter)
    return found


def _own_places(module: nn.Module) -> Iterator[tuple[str, Place]]:
    parameters = {name: p for name, p in module.named_parameters(recurse=False) if p.requires_grad}
    for name, parameter in parameters.items():
        if isinstance(module, nn.Embedding):
            yield "", Place(parameter)
        elif isinstance(module, nn.Linear):
            yield {"weight": "kernel"}.get(name, name), Place(parameter, transposed=name == "weight")
        elif isinstance(module, nn.LayerNorm):
            yield {"weight": "scale"}.get(name, name), Place(parameter)
        elif isinstance(module, nn.GRU | nn.LSTM):
            yield (
                _recurrent_name(name, isinstance(module, nn.LSTM)),
                Place(parameter, transposed=name.startswith("weight")),
            )
        else:
            yield name, Place(parameter)


def _one_direction(name: str) -> str:
    """`layers.2.1.0.forward.bias`, of a module for each layer and direction -> `layers.2.backward.bias`."""
    return re.sub(r"(\blayers\.\d+)\.([01])\.0\.forward\.", lambda m: f"{m[1]}.{DIRECTIONS[int(m[2])]}.", name)


def _recurrent_name(name: str, is_lstm: bool) -> str:
    """`weight_ih_l0_reverse` -> `0.backward.input_kernel`."""
    kind, layer, reverse = re.fullmatch(r"(\w+?_[ih]h)_l(\d+)(_reverse)?", name).groups()
    array = "bias" if is_lstm and kind == "bias_ih" else RECURRENT[kind]
    return f"{layer}.{'backward' if reverse else 'forward'}.{array}"
