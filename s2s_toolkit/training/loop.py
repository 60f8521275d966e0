"""The training loop: the core's, with the framework's step."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from s2s_toolkit.batches import Batch
from s2s_toolkit.checkpoint_names import LAST, PREVIOUS
from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.checks.rehearsal import rehearse
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TrainingConfig
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import append_line
from s2s_toolkit.loading import build_model, framework_on, make_strategy, plan_of
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.model import reference_parts
from s2s_toolkit.observers import End, EndTraining, Observer, Start, Validation
from s2s_toolkit.origins import origins_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, check_place, expect_parts
from s2s_toolkit.shortage import is_shortage, largest
from s2s_toolkit.signals import Asked, Listening, unheard
from s2s_toolkit.training.bad_steps import MOST_IN_A_ROW, NAMED, BadStepError, lines_of
from s2s_toolkit.training.checkpoints import Checkpoints, State
from s2s_toolkit.training.interruption import Interrupted
from s2s_toolkit.training.numbering import TrainingCorpus
from s2s_toolkit.training.preparation import encode_corpus, first_weights, load_corpora, new_run, resumed_run
from s2s_toolkit.training.resumption import Progress, averaged, restore
from s2s_toolkit.training.sides import prepared_sides
from s2s_toolkit.training.starting import created, locked, recover, resumed
from s2s_toolkit.training.steps import Steps
from s2s_toolkit.training.validator import Validator, references_for
from s2s_toolkit.training.watching import make_observers
from s2s_toolkit.weights import under


def train(
    config: Config,
    path: Path,
    registry: Registry,
    observer: Observer,
    *,
    resume: bool = False,
    previous: bool = False,
    force: bool = False,
    listening: Listening = unheard,
) -> Run:
    """Train a model into a run directory.

    Args:
        config: What to train; when resuming, its model, its text sections and its metric must be those of the run.
        path: The run directory.
        registry: Where parts are found.
        observer: Told of every step, with those that the config names.
        resume: Go on from the last checkpoint, in the config's framework, which may differ from the one before.
        previous: Go on from the checkpoint before that, which takes its place.
        force: Replace an existing run.
        listening: Entered for the steps; where a signal is heard, the last checkpoint is written and `Interrupted`
            raised after the step.
    """
    checkpoint = PREVIOUS if previous else LAST
    with ExitStack() as held:
        recover(path)
        if resume:
            expect_parts(path, registry)
            held.enter_context(locked(path))  # before the checkpoint is read, which another training might replace
        else:
            check_place(path, force=force)
        made = prepared(config, path, registry, observer, resume=resume, checkpoint=checkpoint)
        loop = held.enter_context(closing(made))
        run, origins = loop.run, origins_of(config, registry)
        if resume:
            place = resumed(run, loop.progress.step, origins=origins, checkpoint=checkpoint)
        else:
            place = created(run, force=force, origins=origins)
        with place:  # as late as can be: what is refused above, or by an observer now, leaves nothing behind
            if not resume:
                held.enter_context(locked(path))
            loop.start()
        try:
            with listening() as asked:
                loop.run_to_end(asked)
        except BaseException as error:
            loop.observer.on_error(error)
            raise
        return run


def prepared(
    config: Config,
    path: Path,
    registry: Registry,
    observer: Observer,
    *,
    resume: bool = False,
    checkpoint: str = LAST,
) -> "Training":
    """A training before its first step: all that it needs is read, made and checked, and nothing is written.

    The arguments are those of `train`, and from which checkpoint to resume; what lies at the path matters only then.
    """
    if resume:
        expect_parts(path, registry)
    observers = make_observers(observer, config.observers, registry)
    options = config.training
    framework_on(options.device, config.framework, registry, devices=options.devices)  # before it computes anything
    reference_parts(config.model, registry, config.framework)
    make_strategy(config.decoding.strategy, config.decoding.options, registry)
    if config.training.metric != LOSS:
        load_metric(config.training.metric, registry)
    if resume:
        run = resumed_run(path, config, registry)
        training, dev = load_corpora(config, run.source, run.target)
    else:
        sides = prepared_sides(config, registry)
        training, dev = load_corpora(config, *sides)
        run = new_run(path, config, sides, training)
    check_parts(config.model, registry, config.framework)
    rehearse(config.model, registry, config.framework)
    loop = Training(run, registry, training, dev, observers)
    if resume:
        loop.progress = restore(run, loop.model, loop.optimizer, order=loop.order.key, checkpoint=checkpoint)
    return loop


class Training:
    """One training of one run."""

    def __init__(self, run: Run, registry: Registry, training: TrainingCorpus, dev: Corpus, observer: Observer) -> None:
        self.run, self.registry, self.observer = run, registry, observer
        self.options: TrainingConfig = run.config.training
        self.data = training.counts, dev
        self.examples = training.examples(run.source.vocabulary, run.target.vocabulary)
        self.model: FrameworkModel = build_model(
            plan_of(run), registry, run.config.framework, device=self.options.device, devices=self.options.devices
        )
        self.model.load_weights(first_weights(run, self.model, registry))
        self.steps = Steps(run.config, self.model, self.examples)
        self.order, self.optimizer = self.steps.order, self.steps.optimizer
        metric = None if self.options.metric == LOSS else load_metric(self.options.metric, registry)
        self.validator = Validator(
            self.model,
            encode_corpus(dev, run),
            references=references_for(metric, dev),
            target=run.target,
            strategy=make_strategy("greedy", {}, registry),
            max_length=run.config.decoding.max_length,
            metric=metric,
        )
        self.checkpoints = Checkpoints(run, self.options.keep_best, self.validator.improves, observer)
        self.progress, self.bad_in_a_row = Progress(order=self.order.key), 0

    def start(self) -> None:
        """Tell that training starts."""
        per_epoch, limit = self.order.steps_per_epoch, self.options.max_steps
        total = min(per_epoch * self.options.max_epochs, limit or math.inf)
        num_parameters = sum(array.size for array in self.model.weights().values())
        self.observer.on_start(Start(self.run, *self.data, num_parameters, int(total), self.progress.step, per_epoch))

    def close(self) -> None:
        """Give back what steps hold; there are no more after it."""
        self.optimizer.close()

    def run_to_end(self, asked: Asked) -> None:
        """Every step that is left, or until patience ends, or an observer wants it, or, to be resumed, a signal."""
        progress, reason = self.progress, ""
        self.checkpoints.remove_others(progress)
        try:
            while not self._is_over():
                self._epoch(asked)
        except EndTraining as wish:
            reason = str(wish)
        self.observer.on_end(End(self.run, progress.step, progress.seconds, progress.best, progress.best_epoch, reason))

    def _epoch(self, asked: Asked) -> None:
        """The steps that are left of an epoch, or of the training."""
        progress = self.progress
        self._take_steps(asked)
        if not progress.tokens:
            raise S2SError(f"training diverged: no step of epoch {progress.current_epoch} could be taken")
        train_loss, speed = progress.loss / progress.tokens, progress.tokens / progress.epoch_seconds
        if progress.done == self.order.steps_per_epoch:
            progress.epoch += 1
            progress.start_epoch()
        if self._is_last() or progress.epoch % self.options.validate_every == 0:
            self._validate(train_loss, speed)
            number = asked()
        elif (number := asked()) or self._is_checkpoint_due():
            self.checkpoints.save_last(self._state())
        if not self._is_over():
            self._stop_for(number)

    def _take_steps(self, asked: Asked) -> None:
        progress, since = self.progress, time.perf_counter()
        for batches in self.order.steps(progress.epoch, skip=progress.done):
            try:
                with self._memory_for(batches):
                    step = self.steps.take(batches, progress)
                self.observer.on_step(step)
                self.bad_in_a_row = 0
            except BadStepError as error:
                self._leave_out(error)
                since = time.perf_counter()  # to look for its lines takes no step's time
            progress.count_seconds(time.perf_counter() - since)
            if self._is_last() or progress.done == self.order.steps_per_epoch:
                return
            number = asked()
            if number or self._is_checkpoint_due():
                self.checkpoints.save_last(self._state())
            self._stop_for(number)
            since = time.perf_counter()

    @contextmanager
    def _memory_for(self, batches: Sequence[Batch]) -> Iterator[None]:
        """Say of a step for which there is not enough of it what it is made of, and what takes less."""
        try:
            yield
        except Exception as error:
            if not is_shortage(error, self.registry):
                raise
            raise S2SError(
                f"not enough memory for step {self.progress.step + 1}, {largest(batches)}{self._kept()}; a lower "
                f"training.batch_size, now {self.options.batch_size}, takes less (with a higher training.accumulate "
                "for the same steps), as does a lower data.max_source_length or data.max_target_length"
            ) from error

    def _kept(self) -> str:
        """What is left to go on from, if anything is, as the end of a clause."""
        last = self.run.checkpoint_path(LAST)
        return f"; {last.name} is as it was before" if last.is_file() else ""

    def _stop_for(self, number: int) -> None:
        """Stop, if there was a signal; the last checkpoint has to hold the newest step."""
        if number:
            raise Interrupted(self.progress.step, number)

    def _leave_out(self, error: BadStepError) -> None:
        """Tell of a step that was left out, and go on if that is wanted; S2SError otherwise, and after too many."""
        progress, run = self.progress, self.run
        self.bad_in_a_row += 1
        said = str(error)
        if progress.bad_steps <= NAMED:
            positions = self.order.positions(progress.epoch, progress.done - 1)
            said += f"; its pairs: {lines_of(positions, run.config.data, run.source, run.target)}"
        if self.options.skip_bad_batches and self.bad_in_a_row < MOST_IN_A_ROW:
            self.observer.on_warning(f"{said}; step left out ({progress.bad_steps} so far)")
            return
        kept = self._kept()
        remedy = f"a lower training.learning_rate, now {self.options.learning_rate:g}, may help"
        if self.options.skip_bad_batches:
            raise S2SError(f"training diverged: {said}, the {MOST_IN_A_ROW}th in a row{kept}; {remedy}")
        raise S2SError(f"training diverged: {said}{kept}; --resume --skip-bad-batches goes on without them; {remedy}")

    def _validate(self, train_loss: float, tokens_per_second: float) -> None:
        progress, state = self.progress, self._state()
        average = under(state.optimizer, "average")  # nothing where none is wanted
        with averaged(self.model, average):
            dev_loss = self.validator.loss()
            if not math.isfinite(dev_loss):
                raise S2SError(
                    f"training diverged: after epoch {progress.current_epoch} the dev loss is {dev_loss}; set a lower "
                    f"training.learning_rate, now {self.options.learning_rate}, or a lower training.clip_norm"
                )
            value = self.validator.value(dev_loss)
        better = self.validator.improves(value, progress.best)
        progress.count_validation(value, better=better, decay_patience=self.options.decay_patience)
        validation = Validation(
            epoch=progress.current_epoch,
            step=progress.step,
            train_loss=train_loss,
            dev_loss=dev_loss,
            metric=self.options.metric,
            value=value,
            best=better,
            learning_rate=self.steps.learning_rate(progress),
            tokens_per_second=tokens_per_second,
            seconds=progress.seconds,
        )
        append_line(self.run.metrics_path, json.dumps(asdict(validation)))
        # after the line: resuming drops one too many, and could not make up for one too few
        self.checkpoints.save(average or state.weights, state, value=value, best=better)
        self.observer.on_validation(validation)

    def _state(self) -> State:
        return State(self.model.weights(), self.optimizer.state(), self.progress)

    def _is_checkpoint_due(self) -> bool:
        return self.options.checkpoint_every > 0 and self.progress.step % self.options.checkpoint_every == 0

    def _is_last(self) -> bool:
        options, progress = self.options, self.progress
        return progress.epoch >= options.max_epochs or 0 < options.max_steps <= progress.step

    def _is_over(self) -> bool:
        """Whether the training has been as long as it may, or its patience has ended."""
        return self._is_last() or 0 < self.options.patience <= self.progress.validations_since_best
