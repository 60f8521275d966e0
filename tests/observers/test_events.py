"""What observers are told of a training, and in which order."""

import json

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.observers import EndTraining
from s2s_toolkit.run import load_checkpoint


def test_events_come_in_order_and_none_is_missing(train_tiny, noting):
    seen = noting()
    train_tiny(seen)
    epochs = [
        [*["on_step"] * 3, *["on_checkpoint"] * (1 + v.best), "on_validation"] for v in seen.told("on_validation")
    ]
    assert seen.names == ["on_start", *epochs[0], *epochs[1], "on_end"]


def test_the_start_tells_what_is_trained(train_tiny, noting):
    seen = noting()
    run = train_tiny(seen)
    (start,) = seen.told("on_start")
    assert (start.run.path, start.step, start.total_steps) == (run.path, 0, 6)
    assert (start.train.pairs, len(start.dev.pairs)) == (20, 5)
    weights = load_checkpoint(run.checkpoint_path("last")).weights
    assert start.num_parameters == sum(array.size for array in weights.values())


def test_steps_tell_of_every_batch(train_tiny, noting):
    seen = noting()
    train_tiny(seen)
    steps, validations = seen.told("on_step"), seen.told("on_validation")
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert sum(event.tokens for event in steps) == 2 * 20 * len([*"x10", "</s>"])
    assert {event.learning_rate for event in steps} == {0.001}
    for epoch, validation in zip((steps[:3], steps[3:]), validations, strict=True):
        mean = sum(event.loss for event in epoch) / sum(event.tokens for event in epoch)
        assert validation.train_loss == pytest.approx(mean)


def test_validations_are_the_lines_of_the_log(train_tiny, noting):
    seen = noting()
    run = train_tiny(seen)
    lines = run.metrics_path.read_text().splitlines()
    assert [vars(event) for event in seen.told("on_validation")] == [json.loads(line) for line in lines]


def test_checkpoints_are_written_when_they_are_told_of(train_tiny, noting):
    class Opening(noting):
        def on_checkpoint(self, event):
            super().on_checkpoint(event)
            assert load_checkpoint(event.path).weights

    seen = Opening()
    run = train_tiny(seen)
    (*_, best) = (event for event in seen.told("on_checkpoint") if event.best)
    (*_, last) = (event for event in seen.told("on_checkpoint") if not event.best)
    assert (best.path, last.path) == (run.checkpoint_path("best"), run.checkpoint_path("last"))
    assert last.step == 6


def test_the_end_tells_what_was_best(train_tiny, noting):
    seen = noting()
    train_tiny(seen)
    (end,) = seen.told("on_end")
    best = min(seen.told("on_validation"), key=lambda event: event.value)
    assert (end.step, end.best_value, end.best_epoch) == (6, best.value, best.epoch)
    assert end.seconds == seen.told("on_validation")[-1].seconds


def test_an_interruption_is_told_and_resuming_goes_on_from_the_validation(train_tiny, noting, interrupted_at):
    interrupted, resumed = interrupted_at(step=5), noting()
    with pytest.raises(KeyboardInterrupt) as caught:
        train_tiny(interrupted)
    assert interrupted.notes[-1] == ("on_error", caught.value)
    assert "on_end" not in interrupted.names
    train_tiny(resumed, resume=True)
    assert resumed.told("on_start")[0].step == 3
    assert [event.step for event in resumed.told("on_step")] == [4, 5, 6]


@pytest.mark.parametrize("place", ["first", "other"])
def test_an_observer_ends_a_training_after_all_have_been_told(place, train_tiny, noting, ending_at_second):
    ending, watching = ending_at_second(), noting()
    how = {"training": {"max_epochs": 5}}
    if place == "first":
        run = train_tiny(ending, watching=watching, **how)
    else:
        run = train_tiny(watching, ending=ending, **how)
    assert ending.names == watching.names
    assert [event.epoch for event in watching.told("on_validation")] == [1, 2]
    (end,) = watching.told("on_end")
    assert (end.step, end.reason) == (6, "enough")
    assert watching.names[-1] == "on_end"
    assert load_checkpoint(run.checkpoint_path("last")).progress["epoch"] == 2


def test_a_training_that_was_ended_goes_on_as_if_it_had_not_been(train_tiny, noting, ending_at_second):
    train_tiny(noting(), path="whole", training={"max_epochs": 3})
    train_tiny(ending_at_second(), training={"max_epochs": 3})
    seen = noting()
    run = train_tiny(seen, resume=True, training={"max_epochs": 3})
    (start,), (end,) = seen.told("on_start"), seen.told("on_end")
    assert (start.step, end.reason) == (6, "")
    expected = load_checkpoint(run.path.with_name("whole") / "checkpoints" / "last.safetensors").weights
    for name, array in load_checkpoint(run.checkpoint_path("last")).weights.items():
        assert (array == expected[name]).all(), name


def test_wanting_the_end_between_validations_is_a_failure(train_tiny, noting):
    seen = noting()
    train_tiny(seen, other=noting(on_step=EndTraining("now")))
    (warning,) = seen.told("on_warning")
    assert "left out, its on_step failed: EndTraining: now" in warning
    assert seen.names[-1] == "on_end"


def test_an_error_is_told_and_raised(train_tiny, noting):
    seen, other = noting(), noting()
    with pytest.raises(S2SError, match="diverged") as caught:
        train_tiny(seen, training={"learning_rate": 1e38}, other=other)
    assert seen.notes[-1] == other.notes[-1] == ("on_error", caught.value)
    assert "on_end" not in seen.names
