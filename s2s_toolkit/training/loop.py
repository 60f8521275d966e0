"""The training loop: the core's, with the framework's step."""

import json
import math
import time
import zlib
from dataclasses import asdict
from pathlib import Path

from s2s_toolkit.batches import batches
from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.checks.rehearsal import rehearse
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TrainingConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.errors import S2SError
from s2s_toolkit.loading import build_model, make_strategy, plan_of
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.model import reference_parts
from s2s_toolkit.observers import BatchStep, End, Observer, Saved, Start, Validation
from s2s_toolkit.origins import origins_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, check_place, expect_parts, save_checkpoint
from s2s_toolkit.training.preparation import (
    encode_corpus,
    first_weights,
    load_corpora,
    new_run,
    resumed_run,
)
from s2s_toolkit.training.resumption import Progress, restore
from s2s_toolkit.training.sides import prepared_sides
from s2s_toolkit.training.starting import created, resumed
from s2s_toolkit.training.validator import Validator
from s2s_toolkit.training.watching import make_observers


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
    if resume:
        expect_parts(path, registry)
    observers = make_observers(observer, config.observers, registry)
    registry.load("framework", config.framework)
    reference_parts(config.model, registry, config.framework)
    make_strategy(config.decoding.strategy, config.decoding.options, registry)
    if config.training.metric != LOSS:
        load_metric(config.training.metric, registry)
    if not resume:
        check_place(path, force=force)
    if resume:
        run = resumed_run(path, config, registry)
        training, dev = load_corpora(config, run.source, run.target)
    else:
        sides = prepared_sides(config, registry)
        training, dev = load_corpora(config, *sides)
        run = new_run(path, config, sides, training)
    check_parts(config.model, registry, config.framework)
    rehearse(config.model, registry, config.framework)
    loop, origins = Training(run, registry, training, dev, observers), origins_of(config, registry)
    if resume:
        loop.progress = restore(run, loop.model, loop.optimizer)
        place = resumed(run, loop.progress.epoch, origins=origins)
    else:
        place = created(run, force=force, origins=origins)
    with place:  # as late as can be: whatever is refused above, or by an observer now, leaves nothing behind
        loop.start()
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
        self.examples = encode_corpus(training, run)
        self.steps_per_epoch = math.ceil(len(self.examples) / self.options.batch_size)
        self.model: FrameworkModel = build_model(plan_of(run), registry, run.config.framework)
        self.optimizer: Optimizer = self.model.optimizer(clip_norm=self.options.clip_norm)
        self.model.load_weights(first_weights(run, self.model, registry))
        self.validator = Validator(
            self.model,
            encode_corpus(dev, run),
            references=[target for _, target in dev.pairs],
            vocabulary=run.target.vocabulary,
            strategy=make_strategy("greedy", {}, registry),
            max_length=run.config.decoding.max_length,
            metric=None if self.options.metric == LOSS else load_metric(self.options.metric, registry),
        )
        self.progress = Progress()

    def start(self) -> None:
        """Tell that training starts."""
        total = self.steps_per_epoch * self.options.max_epochs
        num_parameters = sum(array.size for array in self.model.weights().values())
        self.observer.on_start(Start(self.run, *self.corpora, num_parameters, total, self.progress.step))

    def run_to_end(self) -> None:
        """Every epoch that is left, or until patience ends."""
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
        dev_loss, progress = self.validator.loss(), self.progress
        if not math.isfinite(dev_loss):
            raise S2SError(
                f"training diverged: after epoch {progress.epoch} the dev loss is {dev_loss}; set a lower "
                f"training.learning_rate, now {self.options.learning_rate}, or a lower training.clip_norm"
            )
        value = self.validator.value(dev_loss)
        better = self.validator.improves(value, progress.best)
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

    def _out_of_patience(self) -> bool:
        return 0 < self.options.patience <= self.progress.validations_since_best
