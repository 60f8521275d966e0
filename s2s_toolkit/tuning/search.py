"""The search: Optuna says what to try next and which trials are hopeless, our training does the rest."""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.config import Config
from s2s_toolkit.errors import DataError, PluginError, RunError, S2SError, UnknownComponentError, UnsupportedError
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.observers import BatchStep, EndTraining, Observer, Start, Validation
from s2s_toolkit.registry import Registry
from s2s_toolkit.training import train
from s2s_toolkit.tuning.place import Place
from s2s_toolkit.tuning.progress import SearchLines
from s2s_toolkit.tuning.space import Range, Trying

if TYPE_CHECKING:
    import optuna

FINISHED, ENDED, FAILED = "finished", "ended early", "failed"

OF_EVERY_TRIAL = (DataError, PluginError, RunError, UnknownComponentError, UnsupportedError)
"""Errors that no other values would mend; what else a training refuses is told of its trial, and the search goes on."""


@dataclass(frozen=True)
class TrialResult:
    """A trial that is over.

    Attributes:
        number: From 0, and that of its run directory.
        values: Key -> what was tried.
        state: `FINISHED`, `ENDED` or `FAILED`.
        value: The best validation's, of `training.metric`; of one that ended early, the last one's.
        epochs: Epochs done at the last validation.
        error: What a failed one failed with.
    """

    number: int
    values: dict[str, Any]
    state: str
    value: float | None
    epochs: int
    error: str = ""


def require_optuna() -> None:
    """UnsupportedError, with what to do, unless Optuna is there."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'tuning needs optuna ({error}): pip install "s2s-toolkit[tune]"') from error


class Search:
    """A search in its folder.

    The sampler of each trial is a new one, seeded by the number of trials before it. So a search that was interrupted
    goes on as it would have gone on, though a sampler does not keep its random state.

    Args:
        place: The folder, with `search.json` in it.
        tryings: What may be tried.
        read: Reads the config with the values of a trial.
        registry: Where parts are found.
        base: A config of the search, which says the metric and the seed.
    """

    def __init__(
        self,
        place: Place,
        tryings: Sequence[Trying],
        read: Callable[[Sequence[Assignment]], Config],
        *,
        registry: Registry,
        base: Config,
    ) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        metric = None if base.training.metric == LOSS else load_metric(base.training.metric, registry)
        self.place, self.tryings, self.read, self.registry = place, tryings, read, registry
        self.seed, self.maximize = base.seed, metric is not None and metric.higher_is_better
        self.study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(place.journal))),
            pruner=optuna.pruners.MedianPruner(),
            study_name="s2s",
            direction="maximize" if self.maximize else "minimize",
            load_if_exists=True,
        )
        for stale in self.study.get_trials(states=[optuna.trial.TrialState.RUNNING]):  # it was interrupted
            self.study.tell(stale.number, state=optuna.trial.TrialState.FAIL)

    def run(self, trials: int, progress: SearchLines) -> None:
        """Make as many trials as are left of so many."""
        progress.on_search(len(self.results()), trials)
        while (number := len(self.results())) < trials:
            self._trial(number, progress)

    def results(self) -> list[TrialResult]:
        """The trials that are over, in their order."""
        return [_result(number, trial) for number, trial in enumerate(self._over())]

    def ranking(self) -> list[TrialResult]:
        """The best first: finished ones, then those that ended early, then failed ones."""
        states = (FINISHED, ENDED, FAILED)
        sign = -1 if self.maximize else 1
        return sorted(self.results(), key=lambda result: (states.index(result.state), sign * (result.value or 0)))

    def _over(self) -> list["optuna.trial.FrozenTrial"]:
        from optuna.trial import TrialState

        return self.study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED])

    def _trial(self, number: int, progress: SearchLines) -> None:
        import optuna

        self.study.sampler = optuna.samplers.TPESampler(seed=zlib.crc32(f"{self.seed} {number}".encode()))
        trial = self.study.ask()
        values = dict(_suggestions(trial, self.tryings))
        watch = _Watch(trial, progress)
        progress.on_trial(number, values)
        try:
            config = self.read(list(values.items()))
            train(config, self.place.trial(number), self.registry, watch, force=True)
        except S2SError as error:
            if isinstance(error, OF_EVERY_TRIAL):
                raise
            trial.set_user_attr("error", str(error))
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)  # a failed one would teach the sampler nothing
        else:
            if watch.is_hopeless:
                self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                self.study.tell(trial, watch.best)
                if self.study.best_trial.number == trial.number:
                    self.place.write_best(config)
        progress.on_result(self.results()[-1])


class _Watch(Observer):
    """Tells Optuna of every validation, and ends the training when it sees no hope; passes on what the bar needs."""

    def __init__(self, trial: "optuna.Trial", progress: Observer) -> None:
        self.trial, self.progress = trial, progress
        self.is_hopeless, self.best = False, 0.0

    def on_start(self, event: Start) -> None:
        self.progress.on_start(event)

    def on_step(self, event: BatchStep) -> None:
        self.progress.on_step(event)

    def on_warning(self, message: str) -> None:
        self.progress.on_warning(message)

    def on_validation(self, event: Validation) -> None:
        self.trial.report(event.value, event.epoch)
        if event.best:
            self.best = event.value
        if self.trial.should_prune():
            self.is_hopeless = True
            raise EndTraining("it is worse than the median of the trials before")


def _suggestions(trial: "optuna.Trial", tryings: Sequence[Trying]) -> Iterator[Assignment]:
    for each in tryings:
        if not isinstance(each, Range):
            names = [json.dumps(value, ensure_ascii=False) for value in each.values]
            yield each.key, each.values[names.index(trial.suggest_categorical(each.key, names))]
        elif isinstance(each.low, int) and isinstance(each.high, int):
            yield each.key, trial.suggest_int(each.key, each.low, each.high, log=each.log)
        else:
            yield each.key, trial.suggest_float(each.key, each.low, each.high, log=each.log)


def _result(number: int, trial: "optuna.trial.FrozenTrial") -> TrialResult:
    """A trial as Optuna keeps it; its choices are JSON there."""
    from optuna.trial import TrialState

    values = {key: json.loads(value) if isinstance(value, str) else value for key, value in trial.params.items()}
    epochs, error = max(trial.intermediate_values, default=0), trial.user_attrs.get("error", "")
    state = FAILED if error else FINISHED if trial.state == TrialState.COMPLETE else ENDED
    return TrialResult(number, values, state, None if error else trial.value, epochs, error)
