"""A run in a store, without a training: MLflow's limits on what it takes at once are kept."""

import pytest

from s2s_mlflow.tracked_run import Point, TrackedRun, continued_run, new_run, open_client


@pytest.fixture(scope="module")
def tracked(tmp_path_factory) -> TrackedRun:
    folder = tmp_path_factory.mktemp("store")
    client = open_client(f"sqlite:///{folder / 'mlflow.db'}")
    client.create_experiment("limits", artifact_location=str(folder / "artifacts"))
    return new_run(client, experiment="limits", name="x", tags={"key": "value"})


def test_more_points_than_a_request_holds_are_logged(tracked):
    tracked.log_points([Point("many", step / 8, step, time=1000 + step) for step in range(1001)])
    history = tracked.client.get_metric_history(tracked.id, "many")
    assert sorted((m.step, m.value, m.timestamp) for m in history) == [(s, s / 8, 1000 + s) for s in range(1001)]


def test_more_and_longer_parameters_than_a_request_holds_are_logged(tracked):
    tracked.log_params({f"number.{number}": number for number in range(101)} | {"long": "x" * 7000, "empty": ""})
    params = tracked.client.get_run(tracked.id).data.params
    assert {name: params[name] for name in ("number.0", "number.100", "empty")} == {
        "number.0": "0",
        "number.100": "100",
        "empty": "",
    }
    assert params["long"] == "x" * 6000


def test_a_parameter_keeps_its_first_value_and_a_tag_has_the_next(tracked):
    tracked.log_params({"seed": 1, "size": 3})
    tracked.log_params({"seed": 2, "size": 3})
    data = tracked.client.get_run(tracked.id).data
    assert (data.params["seed"], data.tags["seed"]) == ("1", "2")
    assert "size" not in data.tags


def test_numbers_that_are_none_are_logged(tracked):
    tracked.log_points([Point("diverged", float("nan"), 1, 1000), Point("diverged", float("inf"), 2, 1001)])
    history = {m.step: m.value for m in tracked.client.get_metric_history(tracked.id, "diverged")}
    assert history[1] != history[1]
    assert history[2] > 1e300


def test_files_keep_their_place(tracked, tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.txt", "below/b.txt"):
        (tmp_path / name).write_text(name)
    tracked.log_files(tmp_path, ["a.txt", "below/b.txt"])
    assert [file.path for file in tracked.client.list_artifacts(tracked.id)] == ["a.txt", "below"]
    assert [file.path for file in tracked.client.list_artifacts(tracked.id, "below")] == ["below/b.txt"]


def test_a_run_that_ended_runs_again_when_continued(tracked):
    tracked.end("KILLED")
    assert tracked.client.get_run(tracked.id).info.status == "KILLED"
    assert continued_run(tracked.client, tracked.id) == tracked
    assert tracked.client.get_run(tracked.id).info.status == "RUNNING"


def test_a_run_that_is_nowhere_is_not_continued(tracked):
    assert continued_run(tracked.client, "0" * 32) is None
