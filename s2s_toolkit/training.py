"""The training loop: the core's, with the framework's step."""

import json
import math
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from s2s_toolkit.batches import batches, ordered_batches
from s2s_toolkit.config import Config, TrainingConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.errors import RunError, S2SError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.loading import build_model, fitting_weights, make_strategy, plan_of
from s2s_toolkit.metrics import LOSS, Metric, load_metric
from s2s_toolkit.model import reference_parts
from s2s_toolkit.observers import BatchStep, End, Observer, Saved, Start, Validation, make_observers
from s2s_toolkit.origins import origins_of
from s2s_toolkit.part_checks import check_parts
from s2s_toolkit.preparation import encode_corpus, first_weights, load_corpora, new_run, resumed_run
from s2s_toolkit.registry import Registry
from s2s_toolkit.rehearsal import rehearse
from s2s_toolkit.run import Run, check_place, create_run, load_checkpoint, save_checkpoint, update_run
from s2s_toolkit.search import search

EVALUATION_BATCH = 64


@dataclass
class Progress:
    """Where training stands; what resuming needs beside weights and optimizer."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    validations_since_best: int = 0


def train(
    config: Config, path: Path, registry: Registry, observer: Observer, *, resume: bool = False, force: bool = False
) -> Run:
    """Train a model into a run directory.

    Args:
        config: What to train; when resuming, its model, its text sections and its metric must be those of the run.
        path: The run directory.
        registry: Where parts are found.
        observer: Told of every step, with those that the config names.
        resume: Go on from the last checkpoint, in the config's framework, which may differ from the one before.
        force: Replace an existing run.
    """
    observers = make_observers(observer, config.observers, registry)
    registry.load("framework", config.framework)
    reference_parts(config.model, registry, config.framework)
    make_strategy(config.decoding.strategy, config.decoding.options, registry)
    if config.training.metric != LOSS:
        load_metric(config.training.metric, registry)
    if not resume:
        check_place(path, force=force)
    training, dev = load_corpora(config, registry)
    run = resumed_run(path, config, registry) if resume else new_run(path, config, registry, training)
    check_parts(config.model, registry, config.framework)
    rehearse(config.model, registry, config.framework)
    loop = Training(run, registry, training, dev, observers)
    if resume:
        loop.restore()
        update_run(run, origins=origins_of(config, registry))
    else:
        # as late as can be: whatever is refused above leaves nothing behind
        create_run(run, force=force, origins=origins_of(config, registry))
    try:
        loop.run_to_end()
    except BaseException as error:
        observers.on_error(error)
        raise
    return run


class Training:
    """One training of one run."""

    def __init__(self, run: Run, registry: Registry, training: Corpus, dev: Corpus, observer: Observer) -> None:
        self.run, self.registry, self.observer = run, registry, observer
        self.options: TrainingConfig = run.config.training
        self.corpora = training, dev
        self.examples, self.dev_examples = encode_corpus(training, run), encode_corpus(dev, run)
        self.steps_per_epoch = math.ceil(len(self.examples) / self.options.batch_size)
        self.model: FrameworkModel = build_model(plan_of(run), registry, run.config.framework)
        self.optimizer: Optimizer = self.model.optimizer(clip_norm=self.options.clip_norm)
        self.model.load_weights(first_weights(run, self.model, registry))
        self.metric = None if self.options.metric == LOSS else load_metric(self.options.metric, registry)
        self.progress = Progress()

    def run_to_end(self) -> None:
        """Every epoch that is left, or until patience ends."""
        total = self.steps_per_epoch * self.options.max_epochs
        num_parameters = sum(array.size for array in self.model.weights().values())
        self.observer.on_start(Start(self.run, *self.corpora, num_parameters, total, self.progress.step))
        while self.progress.epoch < self.options.max_epochs and not self._out_of_patience():
            self._epoch()
        progress = self.progress
        self.observer.on_end(End(self.run, progress.step, progress.seconds, progress.best, progress.best_epoch))

    def _epoch(self) -> None:
        start, loss, tokens = time.perf_counter(), 0.0, 0
        epoch_batches = batches(
            self.examples, batch_size=self.options.batch_size, seed=self.run.config.seed, epoch=self.progress.epoch
        )
        for done, batch in enumerate(epoch_batches):
            seed = zlib.crc32(f"{self.run.config.seed} {self.progress.step}".encode()) >> 1
            learning_rate = self.learning_rate(done)
            step_loss = self.optimizer.step(batch, learning_rate=learning_rate, seed=seed)
            self.progress.step += 1
            loss, tokens = loss + step_loss, tokens + batch.num_target_tokens
            self.observer.on_step(BatchStep(self.progress.step, step_loss, batch.num_target_tokens, learning_rate))
        self.progress.epoch += 1
        seconds = time.perf_counter() - start
        self.progress.seconds += seconds
        if self.progress.epoch % self.options.validate_every == 0 or self.progress.epoch == self.options.max_epochs:
            self._validate(loss / tokens, tokens / seconds)

    def learning_rate(self, done: int = 0) -> float:
        """For the next step, after `done` steps of this epoch."""
        if self.options.schedule == "constant":
            return self.options.learning_rate
        # not `progress.step`: a resumed run may have other data or another batch size, so other steps in an epoch
        step = self.progress.epoch * self.steps_per_epoch + done
        share = step / (self.steps_per_epoch * self.options.max_epochs)
        return self.options.learning_rate * (1 + math.cos(math.pi * share)) / 2

    def _validate(self, train_loss: float, tokens_per_second: float) -> None:
        dev_loss, progress = self.dev_loss(), self.progress
        if not math.isfinite(dev_loss):
            raise S2SError(
                f"training diverged: after epoch {progress.epoch} the dev loss is {dev_loss}; set a lower "
                f"training.learning_rate, now {self.options.learning_rate}, or a lower training.clip_norm"
            )
        value = dev_loss if self.metric is None else self.dev_metric(self.metric)
        better = progress.best is None or self._improves(value, progress.best)
        if better:
            progress.best, progress.best_epoch, progress.validations_since_best = value, progress.epoch, 0
        else:
            progress.validations_since_best += 1
        self._save(best=better)
        validation = Validation(
            epoch=progress.epoch,
            step=progress.step,
            train_loss=train_loss,
            dev_loss=dev_loss,
            metric=self.options.metric,
            value=value,
            best=better,
            learning_rate=self.learning_rate(),
            tokens_per_second=tokens_per_second,
            seconds=progress.seconds,
        )
        with self.run.metrics_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(validation)) + "\n")
        self.observer.on_validation(validation)

    def _save(self, *, best: bool) -> None:
        """Write the checkpoint to go on from, and the best one if it is."""
        weights, last = self.model.weights(), self.run.checkpoint_path("last")
        if best:
            path = self.run.checkpoint_path("best")
            save_checkpoint(path, weights)
            self.observer.on_checkpoint(Saved(path, self.progress.step, best=True))
        save_checkpoint(last, weights, self.optimizer.state(), asdict(self.progress))
        self.observer.on_checkpoint(Saved(last, self.progress.step, best=False))

    def dev_loss(self) -> float:
        """Nats per target token on the dev pairs."""
        total, tokens = 0.0, 0
        for batch, _ in ordered_batches(self.dev_examples, batch_size=EVALUATION_BATCH):
            total, tokens = total + self.model.loss(batch), tokens + batch.num_target_tokens
        return total / tokens

    def dev_metric(self, metric: Metric) -> float:
        """A metric on greedy translations of the dev pairs."""
        greedy, stepper = make_strategy("greedy", {}, self.registry), self.model.stepper()
        settings = {"max_length": self.run.config.decoding.max_length}
        hypotheses: list[Sequence[str]] = [()] * len(self.dev_examples)
        for batch, positions in ordered_batches(self.dev_examples, batch_size=EVALUATION_BATCH):
            found = search(stepper, greedy, batch.source_ids, batch.source_lengths, settings)
            for row, position in enumerate(positions):
                hypotheses[position] = self.run.target.vocabulary.decode(found.ids[row, 0, : found.lengths[row, 0]])
        references = [target for _, target in self.corpora[1].pairs]
        return metric(hypotheses, references)

    def _improves(self, value: float, best: float) -> bool:
        return value > best if self.metric and self.metric.higher_is_better else value < best

    def _out_of_patience(self) -> bool:
        return 0 < self.options.patience <= self.progress.validations_since_best

    def restore(self) -> None:
        """Go on where the last checkpoint was written."""
        path = self.run.checkpoint_path("last")
        if not path.is_file():
            raise RunError(
                f"can't resume {self.run.path}: it has no {path.name}, so it was stopped before its first validation; "
                "train anew with --force"
            )
        checkpoint = load_checkpoint(path)
        self.model.load_weights(fitting_weights(checkpoint.weights, self.model, path))
        moments = {f"{moment}.{name}" for moment in ("mean", "variance") for name in checkpoint.weights}
        missing = sorted((moments | {"steps"}) - checkpoint.optimizer.keys())
        if missing:
            raise RunError(f"can't resume {self.run.path}: {path.name} lacks the optimizer's {missing[0]!r}")
        self.optimizer.load_state(checkpoint.optimizer)
        try:
            self.progress = Progress(**checkpoint.progress)
            kept = [line for line in _whole_lines(self.run.metrics_path) if _epoch_of(line) <= self.progress.epoch]
        except (TypeError, ValueError, KeyError) as error:
            raise RunError(
                f"can't resume {self.run.path}: {path.name} or metrics.jsonl is damaged ({error})"
            ) from error
        with atomic_path(self.run.metrics_path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _whole_lines(path: Path) -> list[str]:
    """The lines of a file but for a last one without its end, which a kill leaves behind."""
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []


def _epoch_of(line: str) -> int:
    return json.loads(line)["epoch"]
