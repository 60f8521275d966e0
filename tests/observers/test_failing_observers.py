"""What becomes of an observer that fails, and of the training it watches."""

import pytest

from s2s_toolkit.errors import PluginError
from s2s_toolkit.observers import BatchStep
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.training.watching import Observers


@pytest.mark.parametrize("event", ["on_step", "on_validation", "on_checkpoint", "on_end"])
@pytest.mark.parametrize("error", [RuntimeError("the disk\nis full"), SystemExit(0)])
def test_training_goes_on_without_an_observer_that_fails(event, error, train_tiny, noting):
    first, failing, other = noting(), noting(**{event: error}), noting()
    run = train_tiny(first, failing=failing, other=other)
    left_out = f"training observer 'failing' of fake is left out, its {event} failed"
    warning = f"{left_out}: {' '.join(f'{type(error).__name__}: {error}'.split())}"
    assert first.told("on_warning") == other.told("on_warning") == [warning]
    assert failing.names[-1] == event
    assert failing.names.count(event) == 1
    assert sorted(first.names) == sorted(other.names)
    assert first.names[-1] == ("on_warning" if event == "on_end" else "on_end")
    assert load_checkpoint(run.checkpoint_path("last")).progress["epoch"] == 2


@pytest.mark.parametrize("error", [ConnectionError("no\nserver"), SystemExit(0)])
def test_an_observer_that_can_not_start_refuses_the_training(error, train_tiny, folder, noting):
    first, started, failing, last = noting(), noting(), noting(on_start=error), noting()
    with pytest.raises(PluginError) as caught:
        train_tiny(first, started=started, failing=failing, last=last)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    assert str(caught.value) == f"training observer 'failing' of fake can't start: {said}"
    assert (started.names, last.names) == (["on_start", "on_error"], [])
    assert first.names == ["on_error"]
    assert not (folder / "run").exists()


def test_an_interruption_while_observers_start_leaves_nothing_either(train_tiny, folder, noting):
    started, slow = noting(), noting(on_start=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        train_tiny(noting(), started=started, slow=slow)
    assert started.names == ["on_start", "on_error"]
    assert not (folder / "run").exists()


@pytest.mark.parametrize("how", [{"resume": True}, {"force": True}])
def test_a_run_stays_as_it_was_where_an_observer_can_not_start(how, train_tiny, folder, noting, interrupted_at):
    with pytest.raises(KeyboardInterrupt):
        train_tiny(interrupted_at(step=5))
    path = folder / "run" / "metrics.jsonl"
    path.write_text(path.read_text() + '{"epoch": 2, "step": 6')  # as a kill leaves it
    before = contents(folder)
    with pytest.raises(PluginError, match="can't start"):
        train_tiny(noting(), training={"max_epochs": 3}, failing=noting(on_start=OSError("full")), **how)
    assert contents(folder) == before


def test_a_folder_that_was_there_stays_and_those_above_a_run_go(train_tiny, folder, noting):
    (folder / "empty").mkdir()
    for run in ("empty", "new/and/deep"):
        with pytest.raises(PluginError, match="can't start"):
            train_tiny(noting(), path=run, failing=noting(on_start=OSError("full")))
    assert (folder / "empty").is_dir()
    assert not (folder / "new").exists()


def test_a_forced_training_replaces_the_run(train_tiny, folder, noting):
    train_tiny(noting())
    (folder / "run" / "old").touch()
    train_tiny(noting(), force=True)
    assert not (folder / "run" / "old").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_ended_a_training_is_raised_though_an_observer_fails_over_it(train_tiny, noting, interrupted_at):
    first, failing, other = interrupted_at(step=1), noting(on_error=RuntimeError("no")), noting()
    with pytest.raises(KeyboardInterrupt):
        train_tiny(first, failing=failing, other=other)
    assert other.names == ["on_start", "on_warning", "on_error"]
    assert first.names[-2:] == ["on_error", "on_warning"]


def test_observers_that_fail_over_the_failure_of_another_are_left_out_too(noting):
    first, second = noting(), noting(on_warning=RuntimeError("second"))
    third = noting(on_warning=RuntimeError("third"))
    observers = Observers(first, {"failing": noting(on_step=RuntimeError("first")), "b": second, "c": third})
    for step in (1, 2):
        observers.on_step(BatchStep(step, 1.0, 1, 0.1))
    assert [message.partition(" is left out")[0] for message in first.told("on_warning")] == [
        "failing",
        "b",
        "c",
    ]
    assert first.names.count("on_step") == 2
    assert observers.others == {}
