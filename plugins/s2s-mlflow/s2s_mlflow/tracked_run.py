"""One run in an MLflow store."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mlflow import MlflowClient

METRICS, PARAMS, VALUE_LENGTH = 1000, 100, 6000
"""MLflow takes so many metrics and so many parameters in one request, and so many characters in a parameter."""

DEFAULTS = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3"}
"""MLflow's settings where the environment says nothing: no reports to its makers, and a server that is down is given up
after some seconds instead of minutes, since a training waits for it."""

Status = str
"""As MLflow has it: RUNNING, FINISHED, FAILED or KILLED."""

Each = TypeVar("Each")


def open_client(tracking_uri: str = "") -> "MlflowClient":
    """A client of a store; by default the one in MLFLOW_TRACKING_URI, else MLflow's own, `mlflow.db` in this folder."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)  # before mlflow is imported, which reads the first
    from mlflow import MlflowClient

    for name in ("mlflow.store.db.utils", "alembic"):  # else they tell of each table that is made
        logging.getLogger(name).setLevel(logging.WARNING)
    return MlflowClient(tracking_uri or None)


@dataclass(frozen=True)
class Point:
    """A metric's value, at a step and a time in milliseconds since 1970."""

    name: str
    value: float
    step: int
    time: int


@dataclass(frozen=True)
class TrackedRun:
    """A run that can be logged to."""

    client: "MlflowClient"
    id: str

    def log_points(self, points: Sequence[Point]) -> None:
        """Log metrics."""
        from mlflow.entities import Metric

        metrics = [Metric(point.name, point.value, point.time, point.step) for point in points]
        for some in _in_parts(metrics, METRICS):
            self.client.log_batch(self.id, metrics=some)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters, which keep their first value; where one is logged again with another, a tag has that."""
        from mlflow.entities import Param, RunTag

        known = self.client.get_run(self.id).data.params
        given = {name: str(value)[:VALUE_LENGTH] for name, value in params.items()}
        new = [Param(name, value) for name, value in given.items() if name not in known]
        for some in _in_parts(new, PARAMS):
            self.client.log_batch(self.id, params=some)
        changed = [RunTag(name, value) for name, value in given.items() if known.get(name, value) != value]
        for tags in _in_parts(changed, PARAMS):
            self.client.log_batch(self.id, tags=tags)

    def log_files(self, folder: Path, names: Iterable[str]) -> None:
        """Log files of a folder as artifacts of the same names."""
        for name in names:
            parent = Path(name).parent.as_posix()
            self.client.log_artifact(self.id, str(folder / name), None if parent == "." else parent)

    def end(self, status: Status) -> None:
        """Say how it ended."""
        self.client.set_terminated(self.id, status)


def new_run(client: "MlflowClient", *, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun:
    """Begin a run; its experiment is made if there is none of that name."""
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)
    return TrackedRun(client, client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id)


def continued_run(client: "MlflowClient", run_id: str) -> TrackedRun | None:
    """Go on with a run, if the store has it and it was not deleted."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_run(run_id)
    except MlflowException:
        return None
    if found.info.lifecycle_stage != "active":
        return None
    client.update_run(run_id, status="RUNNING")
    return TrackedRun(client, run_id)


def _in_parts(items: Sequence[Each], size: int) -> Iterable[Sequence[Each]]:
    return (items[start : start + size] for start in range(0, len(items), size))
