import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from s2s_toolkit.metrics import ser
from s2s_toolkit.run import open_run


def test_the_run_gets_the_configs_name_and_what_to_do_next_is_told(s2s, folder, tiny_run):
    done = s2s("train", "tiny.toml")
    assert done.exit_code == 0
    assert validations("runs/tiny-torch", folder) == validations("run", tiny_run.parent)
    best, following = done.stdout.splitlines()
    assert best.startswith("best checkpoint: runs/tiny-torch/checkpoints/best.safetensors (epoch 1, dev loss ")
    assert following == "next: s2s translate runs/tiny-torch, s2s export runs/tiny-torch"


def test_data_and_every_validation_are_a_line(s2s, folder, tiny_run):
    lines = s2s("train", "tiny.toml").stderr.splitlines()
    assert lines[:2] == ["train  20 pairs from train.tsv; skipped 1 empty, 1 too long", "dev    5 pairs from dev.tsv"]
    assert lines[2].endswith("17 source and 15 target symbols, in torch")
    assert lines[3].startswith("epoch   1  train loss ")
    assert lines[3].endswith("  best")
    assert len(lines) == 4


def test_the_command_line_changes_the_config(s2s, folder, tiny_run):
    changes = ("--set", "training.batch_size=5", "--set", "model.decoder={name='luong', size=5}", "--seed", 7)
    assert s2s("train", "tiny.toml", "-o", "run", *changes).exit_code == 0
    config = tomllib.loads((folder / "run" / "config.toml").read_text())
    assert (config["training"]["batch_size"], config["seed"]) == (5, 7)
    assert config["model"]["decoder"] == {"name": "luong", "size": 5}


def test_an_existing_run_is_replaced_when_forced(s2s, folder, run):
    (run / "model.onnx").touch()
    assert s2s("train", "tiny.toml", "-o", run, "--force").exit_code == 0
    assert not (run / "model.onnx").exists()


def test_a_run_is_resumed(s2s, folder, run):
    done = s2s("train", "tiny.toml", "-o", run, "--resume", "--set", "training.max_epochs=2")
    assert "resumed after 3 of 6 steps" in done.stderr
    assert [validation["epoch"] for validation in validations("run", folder)] == [1, 2]


def test_resuming_what_is_finished_changes_nothing(s2s, folder, run):
    before = validations("run", folder)
    assert s2s("train", "tiny.toml", "-o", run, "--resume").exit_code == 0
    assert validations("run", folder) == before


def test_a_run_is_resumed_by_a_config_that_says_its_defaults(s2s, folder, run):
    Path("printed.toml").write_text(s2s("train", "tiny.toml", "--print-config").stdout, encoding="utf-8")
    assert s2s("train", "printed.toml", "-o", run, "--resume", "--set", "training.max_epochs=2").exit_code == 0
    assert [validation["epoch"] for validation in validations("run", folder)] == [1, 2]


def test_parts_are_changed_without_naming_the_model(s2s, folder, registry):
    assert s2s("train", "tiny.toml", "-o", "run", "--set", "attention.size=5", "--set", "encoder.size=3").exit_code == 0
    model = open_run(Path("run"), registry).config.model
    assert (model.attention.options, model.encoder.options) == ({"size": 5}, {"size": 3})


def test_a_misspelt_option_lists_the_right_ones(s2s, folder):
    done = s2s("train", "tiny.toml", "-o", "run", "--set", "attention.sise=5")
    assert done.exit_code == 2
    assert done.stderr == "s2s: unknown key 'model.attention.sise'; did you mean 'size'? known: name, size\n"
    assert not Path("run").exists()


def test_a_run_without_its_log_is_resumed(s2s, folder, run):
    (run / "metrics.jsonl").unlink()
    done = s2s("train", "tiny.toml", "-o", run, "--resume")
    assert done.exit_code == 0
    assert "best.safetensors (unknown)" in done.stdout


def test_resume_and_force_exclude_each_other(s2s, folder, run):
    done = s2s("train", "tiny.toml", "-o", run, "--resume", "--force")
    assert done.exit_code == 2
    assert "--resume goes on with a run and --force replaces it" in done.stderr


@pytest.mark.parametrize(("epochs", "hint"), [(0, ""), (1, "; --resume goes on from the last checkpoint")])
def test_an_interrupted_training_can_be_resumed_after_a_validation(s2s, folder, tiny_run, with_part, epochs, hint):
    compared = []

    def interrupt(hypotheses, references):
        if len(hypotheses) > 1:  # one pair alone is how a metric is tried before training
            if len(compared) == epochs:
                raise KeyboardInterrupt
            compared.append(hypotheses)
        return 0.0

    parts = with_part("s2s_metrics", "interrupting", replace(ser, name="interrupting", compute=interrupt))
    changes = ("--set", "training.metric=interrupting", "--set", "training.max_epochs=3")
    done = s2s("train", "tiny.toml", "-o", "run", *changes, parts=parts)
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1] == f"s2s: interrupted{hint}"


def validations(run, folder):
    """What was logged, without what depends on the clock."""
    lines = (folder / run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) | {"tokens_per_second": 0, "seconds": 0} for line in lines]
