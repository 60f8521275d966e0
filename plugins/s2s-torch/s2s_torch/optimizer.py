"""Adam with the gradient's norm clipped; its state in the layout of the weights, so that either framework can go on."""

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from s2s_toolkit.batches import Batch
from s2s_torch.layout import Place, places
from s2s_torch.loss import batch_loss
from s2s_torch.model import Model

EPSILON = 1e-8


class Adam:
    """Kingma and Ba (2015), algorithm 1, with decays 0.9 and 0.999.

    Args:
        model: What is trained, in place.
        clip_norm: Greatest norm of the whole gradient.
    """

    def __init__(self, model: Model, clip_norm: float) -> None:
        self.model, self.clip_norm = model, clip_norm
        self.places: dict[str, Place] = places(model)
        parameters = [place.parameter for place in self.places.values()]
        self.adam = torch.optim.Adam(parameters, lr=0.0, eps=EPSILON, fused=True)

    def step(self, batch: Batch, *, learning_rate: float, seed: int) -> float:
        """Train on one batch; the loss before the step, summed over real target tokens. `seed` draws the dropout."""
        torch.manual_seed(seed)
        self.model.train()
        self.adam.zero_grad()
        loss = batch_loss(self.model, batch)
        (loss / batch.num_target_tokens).backward()
        clip_grad_norm_((place.parameter for place in self.places.values()), self.clip_norm)
        self.adam.param_groups[0]["lr"] = learning_rate
        self.adam.step()
        return loss.item()

    def state(self) -> dict[str, np.ndarray]:
        """`mean.<weight>`, `variance.<weight>` and `steps`; nothing before the first step."""
        state: dict[str, np.ndarray] = {}
        for name, place in self.places.items():
            moments = self.adam.state[place.parameter]
            if moments:
                state[f"mean.{name}"] = place.to_numpy(moments["exp_avg"])
                state[f"variance.{name}"] = place.to_numpy(moments["exp_avg_sq"])
                state["steps"] = np.asarray(int(moments["step"]))
        return state

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework."""
        for name, place in self.places.items():
            if f"mean.{name}" in state:
                self.adam.state[place.parameter] = {
                    "step": torch.tensor(float(state["steps"])),
                    "exp_avg": place.to_tensor(state[f"mean.{name}"]),
                    "exp_avg_sq": place.to_tensor(state[f"variance.{name}"]),
                }
