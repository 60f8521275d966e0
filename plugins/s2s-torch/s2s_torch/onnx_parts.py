"""Native parts as ONNX graphs, by PyTorch's own exporter.

The exporter that traces, which PyTorch calls deprecated, and not the one over `torch.export`: in PyTorch 2.13 that one
raises for packed sequences, and gives the second recurrent layer of a process a fixed number of positions.
"""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s2s_toolkit.contracts import TensorFunction
from s2s_toolkit.errors import UnsupportedError
from s2s_torch.layout import places

OPERATOR_SET = 20
"""The newest that this exporter knows."""


class PartExporter:
    """A native part as `s2s_toolkit.contracts.PartExporter`."""

    def __init__(self, part: Any) -> None:
        if not isinstance(part, nn.Module):
            raise UnsupportedError(f"{type(part).__name__} is no nn.Module")
        self.part: Any = part.eval()

    def weights(self) -> dict[str, np.ndarray]:
        return {name: place.to_numpy(place.parameter) for name, place in places(self.part).items()}

    @torch.no_grad()
    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        for name, place in places(self.part).items():
            place.parameter.copy_(place.to_tensor(weights[name]))

    @torch.no_grad()
    def run(self, function: TensorFunction, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in function(**_tensors(inputs)).items()}

    def export(
        self, function: TensorFunction, inputs: Mapping[str, np.ndarray], open_axes: Mapping[str, Sequence[int]]
    ) -> bytes:
        tensors, names = _tensors(inputs), list(self.run(function, inputs))
        file: Any = io.BytesIO()  # which this exporter takes, whatever its types say
        traced = Traced(self.part, function, tuple(tensors)).eval()  # the exporter restores the mode
        with warnings.catch_warnings(action="ignore"):  # that the exporter is deprecated, and what it finds on the way
            torch.onnx.export(
                traced,
                tuple(tensors.values()),
                file,
                input_names=list(tensors),
                output_names=names,
                dynamic_axes=open_axes,
                opset_version=OPERATOR_SET,
                dynamo=False,
            )
        return file.getvalue()


class Traced(nn.Module):
    """A function of a part's as a module, which is what the exporter takes."""

    def __init__(self, part: nn.Module, function: TensorFunction, names: Sequence[str]) -> None:
        super().__init__()
        self.part, self.function, self.names = part, function, names

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The function's outputs, in their order."""
        return tuple(self.function(**dict(zip(self.names, inputs, strict=True))).values())


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
