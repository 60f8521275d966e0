"""A copy of a model on a device of its own, in a process of its own, trained together with the others."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor, distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import one_line
from s2s_toolkit.model import Making, ModelPlan, remade
from s2s_torch.layout import places
from s2s_torch.model import Model, assembled
from s2s_torch.optimizer import Adam

HOST, PATIENCE = "127.0.0.1", timedelta(minutes=5)
"""Where the processes meet, and how long each waits for the others, whose steps take seconds."""

READY = ""
"""What a process says when it can begin; anything else is what went wrong."""


@dataclass(frozen=True)
class Blueprint:
    """What another process builds the same model from, in plain values: no object of a part's is sent.

    Attributes:
        plan: What the model is.
        makings: How its parts were made.
    """

    plan: ModelPlan
    makings: Sequence[Making]

    def build(self) -> Model:
        """The model; what its parts hold beside their options has to be loaded into it."""
        return assembled(self.plan, remade(self.makings))


@dataclass(frozen=True)
class State:
    """What a copy goes on from: its weights, and its optimizer's state."""

    weights: dict[str, np.ndarray]
    optimizer: dict[str, np.ndarray]


@dataclass(frozen=True)
class Share:
    """What a device does of a step; `tokens` are those of the whole step."""

    batches: Sequence[Batch]
    tokens: int
    learning_rate: float
    seeds: Sequence[int]


@dataclass(frozen=True)
class Place:
    """Where a copy is trained.

    Attributes:
        rank: Its number; 0 is the main process.
        devices: Of all copies.
        threads: That it has, where its device is a processor.
    """

    rank: int
    devices: Sequence[torch.device]
    threads: int

    @property
    def device(self) -> torch.device:
        return self.devices[self.rank]


class ReplicaAdam(Adam):
    """Adam on a copy of the model, which takes the same steps as the others once it has joined them.

    PyTorch's `DistributedDataParallel` would add gradients up while others are still computed. It brings PyTorch's
    compiler along, which `Adam` does without, and leaves the connections to whenever garbage is collected.

    Args:
        model: The copy, on its device.
        options: What is minimised, and how.
        place: Where it is.
    """

    def __init__(self, model: Model, options: OptimizerOptions, place: Place) -> None:
        super().__init__(model, options)
        self.place = place

    def join(self, store: TCPStore) -> None:
        """Meet the other processes, each of which does so now."""
        on_gpu = self.place.device.type == "cuda"
        if on_gpu:
            torch.cuda.set_device(self.place.device)
        distributed.init_process_group(
            "nccl" if on_gpu else "gloo",
            store=store,
            rank=self.place.rank,
            world_size=len(self.place.devices),
            timeout=PATIENCE,
        )

    def step_share(self, share: Share) -> float:
        """Take a step together with the others; the cross-entropy before it, of all shares."""
        with _threads(self.place.threads):
            return self.step_of(
                share.tokens, share.batches, learning_rate=share.learning_rate, seeds=share.seeds
            ).item()

    def add_up(self, total: Tensor) -> Tensor:
        """All in one message: the gradients, of how many copies there is one, and the loss.

        A weight that no loss depends on has none, and is not moved.
        """
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        counts = total.new_tensor([p.grad is not None for p in self.parameters])
        message = torch.cat([*(gradient.flatten() for gradient in gradients), counts, total[None]])
        distributed.all_reduce(message)
        *sums, counts, total = message.split([*(p.numel() for p in self.parameters), len(counts), 1])
        for parameter, gradient, count in zip(self.parameters, sums, counts.tolist(), strict=True):
            parameter.grad = gradient.view_as(parameter) if count else None
        return total[0]


def run_replica(
    blueprint: Blueprint, state: bytes, options: OptimizerOptions, place: Place, *, port: int, connection: Connection
) -> None:
    """A process beside the main one: build a copy, then take the steps that come, until none can come any more.

    Args:
        blueprint: Of the model.
        state: All that its modules hold, weights among it, as safetensors.
        options: Of the optimizer.
        place: Which copy it is.
        port: Where the main process can be met.
        connection: Brings a `State` or a `Share`; takes what went wrong.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # which may reach all processes; the main one ends the others
        signal.signal(number, signal.SIG_IGN)
    try:
        torch.set_num_threads(place.threads)
        model = blueprint.build()
        model.load_state_dict(load(state))
        adam = ReplicaAdam(model.to(place.device), options, place)
        connection.send(READY)
        adam.join(TCPStore(HOST, port, timeout=PATIENCE))
        _follow(adam, connection)
    except (EOFError, ConnectionError):
        return  # the main process is gone
    except Exception as error:  # whatever a plugin's part or PyTorch raises there
        connection.send(one_line(error))


def _follow(adam: ReplicaAdam, connection: Connection) -> None:
    while True:
        match connection.recv():
            case State(weights, optimizer):
                _load(adam, weights)
                adam.load_state(optimizer)
            case share:
                adam.step_share(share)


@torch.no_grad()
def _load(adam: ReplicaAdam, weights: dict[str, np.ndarray]) -> None:
    for name, place in places(adam.model).items():
        place.parameter.copy_(place.to_tensor(weights[name]))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """As many threads as are one's due; validation has all of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
