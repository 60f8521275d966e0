"""Adam on several devices: this process has the first, and each of the others has a process with a copy of the model.

The copies begin alike and take the same steps, for the gradients of all are added up before each. So only shares of
batches go to the other processes, and the loss of a step comes back.
"""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import numpy as np
import torch
from safetensors.torch import save
from torch import distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import S2SError, UnsupportedError
from s2s_toolkit.shares import share_seeds, shares
from s2s_torch.model import Model
from s2s_torch.replica import HOST, PATIENCE, READY, Blueprint, Place, ReplicaAdam, Share, State, run_replica

SECONDS, ENDING = 5, 0.5
"""How long to wait for word of a process that failed, and for one to end."""

FAILED = "training on several devices failed"


class SharedAdam(ReplicaAdam):
    """`Adam` for a model that is trained on several devices.

    Args:
        model: Its first copy, on the first device.
        options: What is minimised, and how.
        devices: One for each copy.
        blueprint: What the copies are built from.
    """

    def __init__(
        self, model: Model, options: OptimizerOptions, devices: Sequence[torch.device], blueprint: Blueprint
    ) -> None:
        if not blueprint.makings:
            raise UnsupportedError(
                "a model whose parts no config names can't be built again, so it trains on one device"
            )
        self.blueprint = blueprint
        super().__init__(model, options, Place(0, devices, threads=max(1, torch.get_num_threads() // len(devices))))
        self.processes: list[BaseProcess] = []
        self.connections: list[Connection] = []
        self.loads_sent = -1

    def step(self, batches: Sequence[Batch], *, learning_rate: float, seeds: Sequence[int]) -> float:
        """As `Adam`'s; S2SError where another process failed."""
        devices = len(self.place.devices)
        of_device = list(zip(*(shares(batch, devices) for batch in batches), strict=True))
        tokens = sum(batch.num_target_tokens for batch in batches)
        steps = [Share(own, tokens, learning_rate, share_seeds(seeds, rank)) for rank, own in enumerate(of_device)]
        if not self.processes:
            self._start()
        with self._watched():
            self._send_state()
            for connection, step in zip(self.connections, steps[1:], strict=True):
                connection.send(step)
            return self.step_share(steps[0])

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """As `Adam`'s."""
        super().load_state(state)
        self.loads_sent = -1

    def close(self) -> None:
        """End the other processes, which have nothing to lose."""
        for process in self.processes:
            process.kill()  # nothing less: they heed no signal
        for process in self.processes:
            process.join(SECONDS)
        for connection in self.connections:
            connection.close()
        if self.processes and distributed.is_initialized():
            distributed.destroy_process_group()
        self.processes, self.connections = [], []

    def _start(self) -> None:
        """Start a process for each other device, and meet it."""
        if distributed.is_initialized():
            raise UnsupportedError("another training of this process is on several devices; end it first")
        store = TCPStore(HOST, 0, is_master=True, wait_for_workers=False, timeout=PATIENCE)
        state, context = _state(self.model), multiprocessing.get_context("spawn")
        for rank in range(1, len(self.place.devices)):
            here, there = context.Pipe()
            place = replace(self.place, rank=rank)
            process = context.Process(
                target=run_replica,
                args=(self.blueprint, state, self.options, place),  # plain values: they are what pickle carries
                kwargs={"port": store.port, "connection": there},
                daemon=True,
            )
            with _signals_held_back():
                process.start()
            there.close()
            self.processes.append(process)
            self.connections.append(here)
        with self._watched():
            for rank, connection in enumerate(self.connections, start=1):
                if (problem := connection.recv()) != READY:
                    raise S2SError(f"{FAILED}: device {rank}: {problem}")
            self.join(store)

    def _send_state(self) -> None:
        """Let the copies go on from what was loaded into the first one, if anything was."""
        if self.loads_sent == self.model.loads:
            return
        self.loads_sent = self.model.loads
        state = State({name: place.to_numpy(place.parameter) for name, place in self.places.items()}, self.state())
        for connection in self.connections:
            connection.send(state)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Say what became of another process where that is why one can't go on; all are ended then."""
        try:
            yield
        except (RuntimeError, EOFError, OSError) as error:
            failed = self._failed()
            self.close()
            if failed:
                raise S2SError(f"{FAILED}: {failed}") from error
            raise

    def _failed(self) -> str:
        """What went wrong in another process; nothing if they are well."""
        wait([*self.connections, *(process.sentinel for process in self.processes)], SECONDS)
        for rank, process in enumerate(self.processes, start=1):
            process.join(ENDING)
            if process.exitcode:
                return f"the process of device {rank} was ended (exit code {process.exitcode})"
        for rank, connection in enumerate(self.connections, start=1):
            with suppress(EOFError, OSError):
                if connection.poll() and (problem := connection.recv()):
                    return f"device {rank}: {problem}"
        return ""


def _state(model: Model) -> bytes:
    """All that the modules of a model hold; what several of them share, for each."""
    return save(
        {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in model.state_dict().items()
        }
    )


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Signals wait; a process that is started meanwhile lets them wait for ever."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
