"""What trackers draw: which curves have which points, checked by hand."""

import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.curves import Curves, flat_values
from s2s_toolkit.observers import BatchStep, Validation


class Drawn(Curves):
    """Curve -> step -> value."""

    def __init__(self, every):
        super().__init__(every)
        self.curves = {}

    def add(self, step, values):
        for name, value in values.items():
            assert step not in self.curves.setdefault(name, {})
            self.curves[name][step] = value


def validation(step, metric="loss", value=0.5):
    numbers = {"train_loss": 0.7, "dev_loss": 0.5, "learning_rate": 0.02, "tokens_per_second": 30.0, "seconds": 11.0}
    return Validation(epoch=1, step=step, metric=metric, value=value, best=True, **numbers)


def test_a_point_is_the_mean_over_the_tokens_since_the_last_one():
    drawn = Drawn(every=2)
    for step, loss, tokens in ((1, 6.0, 3), (2, 14.0, 7), (3, 5.0, 5), (4, 22.0, 4)):
        drawn.on_step(BatchStep(step, loss, tokens, learning_rate=0.1 * step))
    assert drawn.curves["train/loss"] == {2: 2.0, 4: 3.0}
    assert drawn.curves["train/learning_rate"] == {2: 0.2, 4: 0.4}


def test_a_validation_adds_what_is_left_and_begins_anew():
    drawn = Drawn(every=2)
    for step in (1, 2, 3):
        drawn.on_step(BatchStep(step, 2.0 * step, 2, 0.1))
    drawn.on_validation(validation(3))
    drawn.on_step(BatchStep(4, 20.0, 4, 0.1))
    assert drawn.curves["train/loss"] == {2: 1.5, 3: 3.0, 4: 5.0}
    assert drawn.curves["dev/loss"] == {3: 0.5}
    assert drawn.curves["train/tokens_per_second"] == {3: 30.0}


def test_a_validation_on_a_point_adds_none():
    drawn = Drawn(every=1)
    drawn.on_step(BatchStep(1, 2.0, 2, 0.1))
    drawn.on_validation(validation(1))
    assert drawn.curves["train/loss"] == {1: 1.0}


def test_a_metric_has_a_curve_of_its_own():
    drawn = Drawn(every=1)
    drawn.on_validation(validation(3, "wer", 12.5))
    assert (drawn.curves["dev/wer"], drawn.curves["dev/loss"]) == ({3: 12.5}, {3: 0.5})


def test_steps_between_points_are_at_least_one():
    with pytest.raises(ValueError, match="at least 1, given 0"):
        Drawn(every=0)


def test_a_config_is_flat_by_the_keys_of_set_and_without_observers():
    content = {
        "data": {"train": ["a.src", "ä.tgt"], "dev": "dev.tsv"},
        "model": {"encoder": {"name": "gru", "size": 3}, "dropout": 0.5},
        "observers": {"mlflow": {"tracking_uri": "https://me:secret@host"}},
    }
    values = flat_values(Config.model_validate(content))
    assert values["model.encoder.size"] == 3
    assert values["model.dropout"] == 0.5
    assert values["target.lowercase"] is False
    assert values["data.train"] == '["a.src", "ä.tgt"]'
    assert not [key for key in values if key.startswith("observers")]
