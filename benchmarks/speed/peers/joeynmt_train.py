"""JoeyNMT in training: its own `TrainManager`, which is only looked at."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joeynmt.batch import Batch
from joeynmt.prediction import prepare, set_validation_args
from joeynmt.training import TrainManager

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory
from benchmarks.speed.peers.joeynmt_config import arguments


class TimedTraining(TrainManager):
    """Times the steps after the first ones, from the beginning of one to the end of the last."""

    warm: int
    batches = tokens = all_tokens = 0
    watch = Stopwatch()

    def _train_step(self, batch: Batch) -> tuple[float, int]:
        if self.batches == self.warm:
            self.watch.start()
        self.batches += 1
        self.all_tokens += batch.ntokens
        self.tokens += batch.ntokens if self.batches > self.warm else 0
        return super()._train_step(batch)

    def _save_checkpoint(self, new_best: bool, score: float) -> None:  # called once, after the last step
        self.measured = (self.tokens, *self.watch.stop(), peak_memory())


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """One pass over the prepared pairs; see `benchmarks.speed.training` for the options."""
    with TemporaryDirectory() as place:
        args = arguments(options, Path(place), mode="train")
        model, train_data, dev_data, _ = prepare(args, rank=0, mode="train")
        manager = TimedTraining(
            rank=0,
            model=model,
            model_dir=args.model_dir,
            device=args.device,
            autocast=args.autocast,
            seed=args.seed,
            train_args=args.train,
            dev_args=set_validation_args(args.test),
        )
        manager.warm = options["warm"]
        manager.train_and_validate(train_data, dev_data)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    yield Measured(*manager.measured, facts={"parameters": parameters, "target tokens": manager.all_tokens})
