"""PyTorch behind the core's contracts (`s2s_toolkit.contracts`): numpy in, numpy out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.model import ModelPlan, Parts
from s2s_toolkit.parts.attention import Memory
from s2s_torch.devices import CPU, found_devices
from s2s_torch.layout import places
from s2s_torch.loss import batch_loss, to_tensors
from s2s_torch.model import Model, assembled
from s2s_torch.namespace import TorchNamespace
from s2s_torch.onnx_parts import PartExporter
from s2s_torch.optimizer import Adam
from s2s_torch.replica import Blueprint
from s2s_torch.shared import SharedAdam
from s2s_torch.shortage import is_shortage


class TorchFramework:
    """Builds models.

    Args:
        devices: What they are trained on; the first one decodes as well.
    """

    def __init__(self, devices: Sequence[torch.device] = (CPU,)) -> None:
        self.devices = devices

    def on(self, device: str, count: int = 1) -> "TorchFramework":
        return TorchFramework(found_devices(device, count))

    def scope(self) -> AbstractContextManager[None]:
        return nullcontext()  # a model is moved to its device

    def build(self, plan: ModelPlan, parts: Parts) -> "TorchModel":
        """Build a model; parts that are no modules are portable and get wrapped."""
        return TorchModel(assembled(plan, parts), self.devices, Blueprint(plan, parts.makings))

    def namespace(self) -> TorchNamespace:
        return TorchNamespace()

    def part_exporter(self, part: Any) -> PartExporter:
        return PartExporter(part)

    @staticmethod
    def says_out_of_memory(error: BaseException) -> bool:
        return is_shortage(error)


class TorchModel:
    """A PyTorch model as `s2s_toolkit.contracts.FrameworkModel`."""

    def __init__(self, module: Model, devices: Sequence[torch.device], blueprint: Blueprint) -> None:
        self.module, self.devices, self.blueprint = module.to(devices[0]), devices, blueprint
        self.places = places(module)

    def weights(self) -> dict[str, np.ndarray]:
        return {name: place.to_numpy(place.parameter) for name, place in self.places.items()}

    @torch.no_grad()
    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        for name, place in self.places.items():
            place.parameter.copy_(place.to_tensor(weights[name]))
        self.module.loads += 1

    @torch.no_grad()
    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        self.module.eval()
        sources = (torch.from_numpy(array).to(self.device) for array in (source_ids, source_lengths))
        memory, _ = self.module.start(*sources)
        return memory.values.cpu().numpy()

    @torch.no_grad()
    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        self.module.eval()
        source_ids, source_lengths, target_in, *_ = to_tensors(batch, self.device)
        readouts, attention = self.module.unroll(source_ids, source_lengths, target_in)
        return self.module.output(readouts).cpu().numpy(), attention.cpu().numpy()

    @torch.no_grad()
    def loss(self, batch: Batch) -> float:
        self.module.eval()
        return batch_loss(self.module, batch).item()

    def gradients(self, batch: Batch) -> dict[str, np.ndarray]:
        self.module.eval()
        parameters = [place.parameter for place in self.places.values()]
        loss = batch_loss(self.module, batch) / batch.num_target_tokens
        gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)
        return {name: place.to_numpy(g) for (name, place), g in zip(self.places.items(), gradients, strict=True)}

    @torch.no_grad()
    def predictions(self, batch: Batch) -> np.ndarray:
        self.module.eval()
        source_ids, source_lengths, target_in, *_ = to_tensors(batch, self.device)
        readouts, _ = self.module.unroll(source_ids, source_lengths, target_in)
        return self.module.output(readouts).argmax(dim=-1).cpu().numpy()

    def stepper(self) -> "TorchStepper":
        return TorchStepper(self.module)

    def optimizer(self, options: OptimizerOptions) -> Adam:
        if len(self.devices) == 1:
            return Adam(self.module, options)
        return SharedAdam(self.module, options, self.devices, self.blueprint)

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device


class TorchStepper:
    """A PyTorch model for the search; the state stays on the model's device."""

    def __init__(self, module: Model) -> None:
        self.module, self.device = module, next(module.parameters()).device
        self.vocabulary_size = module.output.out_features

    @torch.inference_mode()
    def start(
        self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int
    ) -> tuple[Memory, dict[str, Tensor]]:
        self.module.eval()
        memory, state = self.module.start(self._tensor(source_ids), self._tensor(source_lengths))
        memory = Memory(*(x.repeat_interleave(copies, dim=0) for x in (memory.values, memory.keys, memory.mask)))
        return memory, {name: value.repeat_interleave(copies, dim=0) for name, value in state.items()}

    @torch.inference_mode()
    def step(
        self, previous_ids: np.ndarray, state: tuple[Memory, dict[str, Tensor]]
    ) -> tuple[np.ndarray, np.ndarray, tuple[Memory, dict[str, Tensor]]]:
        logits, attention, new = self.module.step(self._tensor(previous_ids), *state)
        return logits.cpu().numpy(), attention.cpu().numpy(), (state[0], new)

    @torch.inference_mode()
    def select(self, state: tuple[Memory, dict[str, Tensor]], rows: np.ndarray) -> tuple[Memory, dict[str, Tensor]]:
        index = self._tensor(rows)
        return state[0], {name: value.index_select(0, index) for name, value in state[1].items()}

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self.device)
