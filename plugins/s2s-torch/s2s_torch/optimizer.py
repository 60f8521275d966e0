"""Adam with the gradient's norm clipped; its state in the layout of the weights, so that either framework can go on."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_
from torch.optim.adamw import adamw
from torch.optim.swa_utils import get_ema_multi_avg_fn

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.loss_scale import LossScale, loss_scale
from s2s_torch.layout import Place, places
from s2s_torch.loss import training_losses
from s2s_torch.model import Model
from s2s_torch.precision import check_precision, lower_products

MEAN_DECAY, VARIANCE_DECAY, EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Kingma and Ba (2015), algorithm 1, with decays 0.9 and 0.999, as `OptimizerOptions` extends it.

    Args:
        model: What is trained, in place.
        options: What is minimised, and how.
    """

    def __init__(self, model: Model, options: OptimizerOptions) -> None:
        self.model, self.options, self.steps = model, options, 0
        self.places: dict[str, Place] = places(model)
        self.parameters = [place.parameter for place in self.places.values()]
        self.means, self.variances = self._zeros(), self._zeros()
        self.device = next(model.parameters()).device
        check_precision(options.precision, self.device)
        self.scale: LossScale | None = loss_scale(options.precision)
        self.averages: dict[str, Tensor] = self._zeros() if options.moving_average else {}

    def step(self, batches: Sequence[Batch], *, learning_rate: float, seeds: Sequence[int]) -> float:
        """Train on batches as one; the cross-entropy before the step, summed over real target tokens.

        The seed of each batch draws its dropout. NaN where the gradient is not finite, which then changes nothing.
        """
        tokens = sum(batch.num_target_tokens for batch in batches)
        return self.step_of(tokens, batches, learning_rate=learning_rate, seeds=seeds).item()

    def step_of(self, tokens: int, batches: Sequence[Batch], *, learning_rate: float, seeds: Sequence[int]) -> Tensor:
        """As `step`, of which the batches may be a share; `tokens` are the target tokens of all."""
        self.model.train()
        self.model.zero_grad()
        divisor = tokens / self.scale.factor if self.scale else tokens
        total = torch.zeros((), device=self.device)
        for batch, seed in zip(batches, seeds, strict=True):
            torch.manual_seed(seed)
            with lower_products(self.options.precision, self.device):
                minimised, loss = training_losses(self.model, batch, self.options.label_smoothing)
            (minimised / divisor).backward()  # gradients add up
            total = total + loss.detach()
        total = self.add_up(total)
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if self.scale:
            for gradient in gradients:
                gradient.div_(self.scale.factor)
        norm = norm_of_all(gradients)
        finite = bool(norm.isfinite())
        if finite:
            self._apply(norm, learning_rate)
        if self.scale:
            self.scale = self.scale.after(finite=finite)
            return total
        return total if finite else total * math.nan

    def _apply(self, norm: Tensor, learning_rate: float) -> None:
        """Take the step that gradients of this norm ask for."""
        clip_grads_with_norm_(self.parameters, self.options.clip_norm, norm)
        for decay in {self.options.weight_decay, 0.0}:
            self._move(decay, learning_rate)
        self._average()
        self.steps += 1

    def _move(self, decay: float, learning_rate: float) -> None:
        """Take the step for all weights that shrink by a decay: no vector does.

        By the function inside of `torch.optim.AdamW`: to make the class PyTorch imports its compiler, which takes more
        than a second, and ends the process where TensorFlow is loaded (tensorflow/tensorflow#124205).
        """
        moved = {
            name: place.parameter
            for name, place in self.places.items()
            if place.parameter.grad is not None
            and decay == (self.options.weight_decay if place.parameter.ndim > 1 else 0.0)
        }
        with torch.no_grad():
            adamw(
                list(moved.values()),
                [parameter.grad for parameter in moved.values() if parameter.grad is not None],
                [self.means[name] for name in moved],
                [self.variances[name] for name in moved],
                [],
                [torch.tensor(float(self.steps), device=self.device) for _ in moved],  # each is counted up
                fused=True,
                amsgrad=False,
                beta1=MEAN_DECAY,
                beta2=VARIANCE_DECAY,
                lr=learning_rate,
                weight_decay=decay,
                eps=EPSILON,
                maximize=False,
            )

    def add_up(self, total: Tensor) -> Tensor:
        """The loss of a step, given that of a share; gradients become those of the step as well."""
        return total

    def close(self) -> None:
        """Nothing is held."""

    def state(self) -> dict[str, np.ndarray]:
        """What `contracts.Optimizer.state` says; nothing before a step."""
        if not self.steps and self.scale in (None, LossScale()):
            return {}
        state = {"steps": np.asarray(self.steps)} | (self.scale.state() if self.scale else {})
        for name, place in self.places.items():
            state[f"mean.{name}"] = place.to_numpy(self.means[name])
            state[f"variance.{name}"] = place.to_numpy(self.variances[name])
        averages = self.averages if self.steps else {}  # the first step begins them
        return state | {f"average.{name}": self.places[name].to_numpy(average) for name, average in averages.items()}

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework; an average that it lacks is the weights'."""
        self.steps = int(state.get("steps", 0))
        self.scale = LossScale.restored(state) if self.scale else None
        for name, place in self.places.items():
            if f"mean.{name}" in state:
                self.means[name].copy_(place.to_tensor(state[f"mean.{name}"]))
                self.variances[name].copy_(place.to_tensor(state[f"variance.{name}"]))
        for name, average in self.averages.items():
            kept = state.get(f"average.{name}")
            average.copy_(self.places[name].parameter.detach() if kept is None else self.places[name].to_tensor(kept))

    def _average(self) -> None:
        """Move the averages towards the weights; less and less at first, as `contracts.Optimizer.state` says."""
        if self.averages:
            decay = min(self.options.moving_average, (1 + self.steps) / (10 + self.steps)) if self.steps else 0.0
            get_ema_multi_avg_fn(decay)(list(self.averages.values()), self.parameters, self.steps)

    def _zeros(self) -> dict[str, Tensor]:
        return {name: torch.zeros_like(place.parameter) for name, place in self.places.items()}


def norm_of_all(tensors: Sequence[Tensor]) -> Tensor:
    """The norm of several tensors as one, by their rows.

    On a processor PyTorch adds up the squares of a whole tensor in a few running sums of single precision. Of 2.5
    million, as in the gradient of a large vocabulary, its norm was up to 5e-4 of itself too small.
    """
    rows = [torch.linalg.vector_norm(tensor, dim=-1) for tensor in tensors]
    return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(norms) for norms in rows]))
