"""The observer `mlflow`: a training as a run in MLflow."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import s2s_toolkit
from s2s_mlflow.tracked_run import Point, TrackedRun, continued_run, new_run, open_client
from s2s_toolkit.curves import Curves, flat_values
from s2s_toolkit.files import atomic_path
from s2s_toolkit.observers import End, Start, Validation

FORMAT = 1
REMEMBERED = "mlflow.json"
"""In the run directory: the id of the run in MLflow."""

FILES = (
    "run.json",
    "config.toml",
    "source.vocabulary.json",
    "target.vocabulary.json",
    "checkpoints/best.safetensors",
)
"""What of a run directory makes one that translates."""
LEARNED = ("source.tokenizer.json", "target.tokenizer.json")
"""Likewise, where there is such a file."""


class MlflowObserver(Curves):
    """Parameters, metrics, tags and status of a run in MLflow; a resumed training goes on with its run.

    Points of a curve are sent with the validation after them, from which a training can be resumed: none comes twice.

    Args:
        experiment: What the run belongs to; made if there is none of that name.
        tracking_uri: The store; by default what MLFLOW_TRACKING_URI says, else mlflow.db in the working directory.
        run_name: By default the run directory's name.
        every: Steps between points of the training loss.
        log_model: Whether to log the best checkpoint, with what a run directory needs to translate, at the end.
    """

    def __init__(
        self,
        *,
        experiment: str = "s2s",
        tracking_uri: str = "",
        run_name: str = "",
        every: int = 10,
        log_model: bool = False,
    ) -> None:
        super().__init__(every)
        self.experiment, self.tracking_uri, self.run_name = experiment, tracking_uri, run_name
        self.log_model = log_model
        self.points: list[Point] = []
        self.tracked: TrackedRun  # once training has started

    def on_start(self, event: Start) -> None:
        """Begin a run, or go on with the one before, and log the config."""
        client, place = open_client(self.tracking_uri), event.run.path / REMEMBERED
        found = continued_run(client, _remembered(place)) if event.step and place.is_file() else None
        tags = {
            "s2s_toolkit.version": s2s_toolkit.__version__,
            "s2s_toolkit.framework": event.run.config.framework,
            "s2s_toolkit.num_parameters": str(event.num_parameters),
        }
        name = self.run_name or event.run.path.absolute().name
        self.tracked = found or new_run(client, experiment=self.experiment, name=name, tags=tags)
        _remember(place, self.tracked.id)
        self.tracked.log_params(flat_values(event.run.config))

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Keep points to be sent."""
        now = int(1000 * time.time())
        self.points += [Point(name, value, step, now) for name, value in values.items()]

    def on_validation(self, event: Validation) -> None:
        """Send what came since the last one."""
        super().on_validation(event)
        self._send()

    def on_end(self, event: End) -> None:
        """Finish the run, with the model if wanted."""
        self.tracked.end("FINISHED")
        if self.log_model:
            learned = [name for name in LEARNED if (event.run.path / name).is_file()]
            self.tracked.log_files(event.run.path, [*FILES, *learned])

    def on_error(self, error: BaseException) -> None:
        """End the run; what came before an error may tell why, what came before an interruption comes again."""
        if isinstance(error, Exception):
            self._send()
        self.tracked.end("FAILED" if isinstance(error, Exception) else "KILLED")

    def _send(self) -> None:
        self.tracked.log_points(self.points)
        self.points = []


def _remembered(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])


def _remember(path: Path, run_id: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps({"format": FORMAT, "run_id": run_id}) + "\n", encoding="utf-8")
