"""What TensorBoard reads of a training: its own reader's curves are held to what the training told."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util.tensor_util import make_ndarray

from s2s_toolkit.cli import cli
from s2s_toolkit.errors import ConfigError, PluginError
from s2s_toolkit.testing.tiny_training import Recorder, train_tiny, trainer, write_tiny


def read(folder):
    return EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()


def curves_of(folder):
    """Name -> step -> value; a step that comes twice fails."""
    reader, curves = read(folder), {}
    for name in reader.Tags()["scalars"]:
        points = [(event.step, event.value) for event in reader.Scalars(name)]
        curves[name] = dict(points)
        assert len(curves[name]) == len(points)
    return curves


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config in the working directory."""
    monkeypatch.chdir(tmp_path)
    return write_tiny(tmp_path)


def test_curves_are_what_the_training_told(config):
    told = Recorder()
    run = train_tiny(config, told, {"tensorboard": {"every": 1}})
    curves = curves_of(run.path / "tensorboard")
    assert curves["train/loss"] == pytest.approx(told.losses)
    assert curves["train/learning_rate"] == dict.fromkeys(range(1, 11), pytest.approx(0.001))
    validations = told.validations.items()
    assert curves["dev/loss"] == {step: pytest.approx(event.dev_loss) for step, event in validations}
    assert curves["dev/ser"] == {step: pytest.approx(event.value) for step, event in validations}
    speeds = {step: pytest.approx(event.tokens_per_second) for step, event in validations}
    assert curves["train/tokens_per_second"] == speeds
    assert sorted(validations)[-1][0] == 10


def test_points_come_every_few_steps_and_before_validations(config):
    told = Recorder()
    run = train_tiny(config, told, {"tensorboard": {"every": 3}})
    points = curves_of(run.path / "tensorboard")["train/loss"]
    assert list(points) == [3, 5, 6, 9, 10]
    drawn = [told.steps[step] for step in (7, 8, 9)]
    assert points[9] == pytest.approx(sum(step.loss for step in drawn) / sum(step.tokens for step in drawn))


def test_a_resumed_training_goes_on_in_the_same_curves(config):
    """What was drawn after the validation that it resumes from is drawn again, and seen once."""
    whole = train_tiny(config, Recorder(), {"tensorboard": {"every": 2}}, run="whole")
    with pytest.raises(KeyboardInterrupt):
        train_tiny(config, Recorder(stop_at=9), {"tensorboard": {"every": 2}})
    run = train_tiny(config, Recorder(), {"tensorboard": {"every": 2}}, resume=True)
    expected, found = (curves_of(path / "tensorboard") for path in (whole.path, run.path))
    assert len(list((run.path / "tensorboard").iterdir())) == 2
    assert list(found["train/loss"]) == [2, 4, 5, 6, 8, 10]
    for name in ("train/loss", "train/learning_rate", "dev/loss", "dev/ser"):
        assert found[name] == expected[name]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("the battery is empty")])
def test_what_was_drawn_before_the_end_stays(error, config, tmp_path):
    with pytest.raises(type(error)):
        train_tiny(config, Recorder(stop_at=9, error=error), {"tensorboard": {"every": 1}})
    assert list(curves_of(tmp_path / "run" / "tensorboard")["train/loss"]) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_validation_is_seen_while_training_goes_on(config, tmp_path):
    class Looking(Recorder):
        def on_step(self, event):
            super().on_step(event)
            if event.step == 6:
                self.curves = curves_of(tmp_path / "run" / "tensorboard")

    told = Looking()
    train_tiny(config, told, {"tensorboard": {"every": 1}})
    assert list(told.curves["dev/loss"]) == [5]
    assert list(told.curves["train/loss"]) == [1, 2, 3, 4, 5]


def test_the_config_is_there_as_text_and_as_hyperparameters(config):
    run = train_tiny(config, Recorder(), {"tensorboard": {}})
    reader = read(run.path / "tensorboard")
    (text,) = reader.Tensors("config")
    lines = make_ndarray(text.tensor_proto).item().decode().splitlines()
    assert [line.removeprefix("    ") for line in lines] == (run.path / "config.toml").read_text().splitlines()
    content = reader.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    values = metadata.parse_session_start_info_plugin_data(content)
    assert values.group_name == "run"
    assert values.hparams["model.encoder.size"].number_value == 8
    assert values.hparams["framework"].string_value == trainer()


def test_another_folder_is_written_to(config, tmp_path):
    run = train_tiny(config, Recorder(), {"tensorboard": {"folder": "curves"}})
    assert list(curves_of(tmp_path / "curves")["dev/loss"]) == [5, 10]
    assert not (run.path / "tensorboard").exists()


def test_no_training_starts_where_nothing_can_be_written(config, tmp_path):
    with pytest.raises(PluginError, match=r"observer 'tensorboard' .*can't start: FileExistsError"):
        train_tiny(config, Recorder(), {"tensorboard": {"folder": "tiny.toml"}})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, r"\[observers.tensorboard\] every must be at least 1, given 0"),
        ({"every": "often"}, "'observers.tensorboard.every': .* valid integer, given 'often'"),
        ({"evry": 5}, "unknown key 'observers.tensorboard.evry'; did you mean 'every'"),
    ],
)
def test_options_are_checked_before_anything_is_written(options, message, config, tmp_path):
    with pytest.raises(ConfigError, match=message):
        train_tiny(config, Recorder(), {"tensorboard": options})
    assert not (tmp_path / "run").exists()


def test_it_is_chosen_on_the_command_line(config, tmp_path):
    arguments = f"--framework {trainer()} --observer tensorboard --set observers.tensorboard.every=5".split()
    result = CliRunner().invoke(cli, ["train", str(config), "-o", "run", *arguments])
    assert (result.exit_code, result.exception) == (0, None)
    assert list(curves_of(tmp_path / "run" / "tensorboard")["train/loss"]) == [5, 10]


@pytest.mark.parametrize(
    ("module", "unloaded"),
    [("plugin", {"tensorboard", "torch", "tensorflow"}), ("observer", {"torch", "tensorflow"})],
)
def test_importing_it_loads_no_framework(module, unloaded):
    code = f"import sys, s2s_tensorboard.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert unloaded & set(done.stdout.split()) == set()
