"""What MLflow has of a training: its own client's answers are held to what the training told."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from mlflow.entities import ViewType

from s2s_mlflow.tracked_run import open_client
from s2s_toolkit.cli import cli
from s2s_toolkit.errors import ConfigError, PluginError
from s2s_toolkit.loading import load_translator
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import open_run
from s2s_toolkit.testing.tiny_training import Recorder, train_tiny, trainer, write_tiny


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """The file of a store with nothing in it, since making its tables takes a while."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    open_client(f"sqlite:///{path}")
    return path


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config in the working directory."""
    monkeypatch.chdir(tmp_path)
    return write_tiny(tmp_path)


@pytest.fixture
def client(config, tmp_path, empty_store, monkeypatch):
    """A client of the store in the working directory, which the environment names."""
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return MlflowClient(store)


def only_run(client, experiment="s2s"):
    (run,) = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return run


def curve(client, run, name):
    """Step -> value; a step that comes twice fails."""
    points = [(metric.step, metric.value) for metric in client.get_metric_history(run.info.run_id, name)]
    assert len(dict(points)) == len(points)
    return dict(points)


def test_metrics_are_what_the_training_told(client, config):
    told = Recorder()
    train_tiny(config, told, {"mlflow": {"every": 1}})
    run, validations = only_run(client), told.validations.items()
    assert curve(client, run, "train/loss") == pytest.approx(told.losses)
    assert curve(client, run, "train/learning_rate") == dict.fromkeys(range(1, 11), 0.001)
    assert curve(client, run, "dev/loss") == {step: event.dev_loss for step, event in validations}
    assert curve(client, run, "dev/ser") == {step: event.value for step, event in validations}
    assert curve(client, run, "train/tokens_per_second") == {s: e.tokens_per_second for s, e in validations}
    assert run.info.status == "FINISHED"


def test_config_and_versions_are_parameters_and_tags(client, config):
    train_tiny(config, Recorder(), {"mlflow": {"experiment": "reversal", "run_name": "first"}})
    run = only_run(client, "reversal")
    assert run.data.params["model.encoder.size"] == "8"
    assert run.data.params["training.learning_rate"] == "0.001"
    assert not [name for name in run.data.params if name.startswith("observers")]
    assert run.info.run_name == "first"
    assert run.data.tags["s2s_toolkit.framework"] == trainer()
    assert run.data.tags["s2s_toolkit.version"] == "0.1.0"
    assert int(run.data.tags["s2s_toolkit.num_parameters"]) > 1000


@pytest.mark.parametrize(
    ("error", "status", "points"),
    [
        (KeyboardInterrupt(), "KILLED", [1, 2, 3, 4, 5]),
        (RuntimeError("the battery is empty"), "FAILED", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_an_end_before_the_end_is_told(error, status, points, client, config):
    """The first observer raises in step 9, so the others never hear of that step."""
    with pytest.raises(type(error)):
        train_tiny(config, Recorder(stop_at=9, error=error), {"mlflow": {"every": 1}})
    run = only_run(client)
    assert run.info.status == status
    assert list(curve(client, run, "train/loss")) == points


def test_a_resumed_training_goes_on_with_its_run(client, config):
    """Its curves are those of an undisturbed training, and no point comes twice."""
    train_tiny(config, Recorder(), {"mlflow": {"every": 2, "experiment": "whole"}}, run="whole")
    with pytest.raises(KeyboardInterrupt):
        train_tiny(config, Recorder(stop_at=9), {"mlflow": {"every": 2}})
    first = only_run(client)
    train_tiny(config, Recorder(), {"mlflow": {"every": 2}}, resume=True)
    whole, run = only_run(client, "whole"), only_run(client)
    assert (run.info.run_id, run.info.status) == (first.info.run_id, "FINISHED")
    assert run.info.run_name == "run"
    for name in ("train/loss", "dev/loss", "dev/ser"):
        assert curve(client, run, name) == curve(client, whole, name)
    assert list(curve(client, run, "train/loss")) == [2, 4, 5, 6, 8, 10]


def test_what_a_resumption_changed_is_a_tag(client, config, tmp_path):
    train_tiny(config, Recorder(), {"mlflow": {}})
    changed = write_tiny(tmp_path, training={"max_epochs": 3})
    train_tiny(changed, Recorder(), {"mlflow": {}}, resume=True)
    run = only_run(client)
    assert run.data.params["training.max_epochs"] == "2"
    assert run.data.tags["training.max_epochs"] == "3"
    assert "training.batch_size" not in run.data.tags


@pytest.mark.parametrize("gone", ["deleted", "another store"])
def test_a_resumed_training_begins_a_run_where_its_own_is_gone(gone, client, config, tmp_path, empty_store):
    with pytest.raises(KeyboardInterrupt):
        train_tiny(config, Recorder(stop_at=9), {"mlflow": {}})
    before, options = only_run(client).info.run_id, {}
    if gone == "deleted":
        client.delete_run(before)
    else:
        shutil.copy(empty_store, tmp_path / "other.db")
        options = {"tracking_uri": f"sqlite:///{tmp_path / 'other.db'}"}
        client = MlflowClient(options["tracking_uri"])
    told = Recorder()
    run = train_tiny(config, told, {"mlflow": options}, resume=True)
    assert told.warnings == []
    after = only_run(client)
    assert after.info.run_id != before
    assert json.loads((run.path / "mlflow.json").read_text()) == {"format": 1, "run_id": after.info.run_id}
    assert list(curve(client, after, "dev/loss")) == [10]


def test_a_training_from_the_start_is_a_run_of_its_own(client, config):
    run = train_tiny(config, Recorder(), {"mlflow": {}})
    shutil.rmtree(run.path)
    train_tiny(config, Recorder(), {"mlflow": {}})
    assert len(client.search_runs([client.get_experiment_by_name("s2s").experiment_id])) == 2


def test_a_logged_model_translates(client, config, tmp_path):
    registry, run = load_registry(), train_tiny(config, Recorder(), {"mlflow": {"log_model": True}})
    downloaded = Path(client.download_artifacts(only_run(client).info.run_id, "", str(tmp_path)))
    translators = (load_translator(open_run(path, registry), registry) for path in (downloaded, run.path))
    found, expected = ([t.text for t in translator(["10 ab", "21 ab"])] for translator in translators)
    assert found == expected
    assert not (downloaded / "checkpoints" / "last.safetensors").exists()


def test_no_model_is_logged_unless_wanted(client, config):
    train_tiny(config, Recorder(), {"mlflow": {}})
    assert client.list_artifacts(only_run(client).info.run_id) == []


def test_the_store_of_the_environment_is_used(client, config, tmp_path, empty_store, monkeypatch):
    shutil.copy(empty_store, tmp_path / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    train_tiny(config, Recorder(), {"mlflow": {}})
    assert only_run(MlflowClient()).info.status == "FINISHED"
    assert client.get_experiment_by_name("s2s") is None


@pytest.mark.parametrize("tracking_uri", ["nowhere://at/all", "http://127.0.0.1:9"])
def test_no_training_starts_without_a_store(tracking_uri, client, config, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PluginError, match=r"observer 'mlflow' .*can't start: "):
        train_tiny(config, Recorder(), {"mlflow": {"tracking_uri": tracking_uri}})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, r"\[observers.mlflow\] every must be at least 1, given 0"),
        ({"log_model": "yes"}, "'observers.mlflow.log_model': .* valid boolean, given 'yes'"),
        ({"experimnt": "x"}, "unknown key 'observers.mlflow.experimnt'; did you mean 'experiment'"),
    ],
)
def test_options_are_checked_before_anything_is_written(options, message, client, config, tmp_path):
    with pytest.raises(ConfigError, match=message):
        train_tiny(config, Recorder(), {"mlflow": options})
    assert not (tmp_path / "run").exists()
    assert len(client.search_experiments(view_type=ViewType.ALL)) == 1  # MLflow's own


def test_it_is_chosen_on_the_command_line(client, config, monkeypatch):
    """In the store of the working directory, MLflow's own default; some versions stay with that of their first."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    arguments = f"--framework {trainer()} --observer mlflow --set observers.mlflow.experiment=x".split()
    result = CliRunner().invoke(cli, ["train", str(config), "-o", "run", *arguments])
    assert (result.exit_code, result.exception) == (0, None)
    assert list(curve(client, only_run(client, "x"), "dev/loss")) == [5, 10]


def test_registering_it_loads_no_mlflow():
    code = "import sys, s2s_mlflow.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mlflow" not in done.stdout.split()


OPEN = """
import sys
from s2s_mlflow.tracked_run import open_client
open_client("sqlite:///mlflow.db")
from mlflow.telemetry import get_telemetry_client
print("silent" if get_telemetry_client() is None else "reports")
print(*({"torch", "tensorflow"} & set(sys.modules)))
"""


def test_it_reports_to_nobody_and_loads_no_framework(tmp_path):
    """In an environment in which MLflow would report, unlike that of tests."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", OPEN], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["silent", ""]
    assert done.stderr == ""
