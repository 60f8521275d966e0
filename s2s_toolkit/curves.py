"""What trackers of experiments draw of a training: named values over steps."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from s2s_toolkit.config import Config
from s2s_toolkit.observers import BatchStep, Observer, Validation

Value = bool | int | float | str


class Curves(Observer):
    """An observer that needs nothing but an `add` to draw what every tracker draws, under the same names.

    `train/loss` and `train/learning_rate` every few steps and before a validation; `train/tokens_per_second`,
    `dev/loss` and the metric that chooses the best checkpoint, as `dev/<metric>`, at each validation. Losses are in
    nats per target token; that of training is the mean since the last point or validation, so a run resumed from a
    validation draws what an undisturbed one does, and one resumed from inside an epoch does from its second point on.

    Args:
        every: Steps between points of training.
    """

    def __init__(self, every: int) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1, given {every}")
        self.every = every
        self._latest: BatchStep | None = None
        self._loss, self._tokens = 0.0, 0

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Take the values of some curves at a step."""
        raise NotImplementedError

    def on_step(self, event: BatchStep) -> None:
        """Add a point if it is time for one."""
        self._latest = event
        self._loss, self._tokens = self._loss + event.loss, self._tokens + event.tokens
        if event.step % self.every == 0:
            self._add_training()

    def on_validation(self, event: Validation) -> None:
        """Add what is left of the training before it, then what was found."""
        self._add_training()
        found = {f"dev/{event.metric}": event.value, "dev/loss": event.dev_loss}
        self.add(event.step, {"train/tokens_per_second": event.tokens_per_second, **found})

    def _add_training(self) -> None:
        if self._latest is not None:
            loss, rate = self._loss / self._tokens, self._latest.learning_rate
            self.add(self._latest.step, {"train/loss": loss, "train/learning_rate": rate})
        self._latest, self._loss, self._tokens = None, 0.0, 0


def flat_values(config: Config) -> dict[str, Value]:
    """A config by dotted key, lists as JSON, for trackers that know no sections.

    Without `[observers]`, which say nothing of the model and may hold what is secret.
    """
    content = config.model_dump(mode="json", exclude={"observers"})
    return dict(_flat("", content))


def _flat(prefix: str, content: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value if isinstance(value, Value) else json.dumps(value, ensure_ascii=False)
