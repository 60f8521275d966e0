"""`s2s train --dry-run`: what a training will be, and nothing written."""

import pytest

from s2s_toolkit.config import read_config
from s2s_toolkit.observers import Observer
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.training.loop import prepared
from s2s_toolkit.training.memory import estimate_memory
from s2s_toolkit.training.outlook import look_ahead

TRAIN = ["a b\tx", "a\txyz", "aaa\txx", "\tempty", "ab" * 200 + "\tlong"]
DEV = ["aq\txw", "ab\txw"]


@pytest.fixture
def outlook(folder, registry):
    """Look ahead at a training of three pairs and two dev pairs."""

    def look(framework="torch"):
        require(framework)
        for name, lines in (("train", TRAIN), ("dev", DEV)):
            (folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines))
        config = read_config(folder / "tiny.toml").model_copy(update={"framework": framework})
        return look_ahead(prepared(config, folder / "run", registry, Observer()))

    return look


def test_data_is_measured(outlook):
    found = outlook()
    assert found.pairs == {"train": 3, "dev": 2}
    assert found.skipped["train"] == {"empty": 1, "too long": 1}
    source, target = found.sides["source"], found.sides["target"]
    assert (source.train.median, source.train.percentile_95, source.train.longest) == (3, 3, 3)
    assert (target.train.median, target.train.percentile_95, target.train.longest) == (2, pytest.approx(2.9), 3)
    assert (source.num_symbols, target.num_symbols) == (4 + 3, 4 + 3)
    assert source.frequent == [("a", 5), (" ", 1), ("b", 1)]
    assert target.frequent == [("x", 4), ("y", 1), ("z", 1)]
    assert (source.unknown, target.unknown) == (1 / 4, 2 / 4)


def test_the_first_batch_is_shown_as_the_model_sees_it(outlook):
    batches = outlook().batches
    assert (batches.count, batches.largest) == (1, (3, 4, 4))
    assert sorted(batches.first) == [
        (["a", " ", "b", "</s>"], ["<s>", "x", "</s>", "<pad>", "<pad>"]),
        (["a", "</s>", "<pad>", "<pad>"], ["<s>", "x", "y", "z", "</s>"]),
        (["a", "a", "a", "</s>"], ["<s>", "x", "x", "</s>", "<pad>"]),
    ]
    assert batches.padding == pytest.approx(5 / 24)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_weights_are_counted_by_part(outlook, framework):
    found = outlook(framework)
    counts = found.parameters
    assert counts["embeddings"] == (7 + 7) * 8
    assert counts["attention"] == 8 * 8 + 2 * 8 * 8 + 8 + 8  # the memory has two directions
    assert counts["output"] == 8 * 7 + 7
    assert counts.keys() == {"embeddings", "encoder", "attention", "decoder", "output"}
    assert found.memory.weights == found.memory.gradients == found.memory.optimizer / 2 == 4 * sum(counts.values())
    assert found.seconds > 0


def test_memory_of_a_batch_is_what_the_formula_says():
    shapes = {
        "source_embedding": (11, 5),
        "encoder.kernel": (5, 7),
        "decoder.kernel": (7, 3),
        "attention.key.kernel": (7, 2),
        "attention.key.bias": (2,),
        "attention.energy": (2,),
        "output.kernel": (3, 13),
        "output.bias": (13,),
    }
    B, S, T = 2, 3, 4
    values = B * (S * (5 + 7) + T * (7 + 3) + (S + T) * (7 + 2) + T * S * (2 + 3) + 3 * T * 13)
    memory = estimate_memory(shapes, (B, S, T))
    assert memory.activations == 4 * values * 1.5
    assert memory.total == 4 * 4 * (55 + 35 + 21 + 14 + 2 + 2 + 39 + 13) + memory.activations


def test_a_moving_average_takes_the_memory_of_the_weights_once_more():
    shapes = {"decoder.kernel": (7, 3), "output.bias": (13,)}
    plain, averaged = (estimate_memory(shapes, (2, 3, 4), averaged=wanted) for wanted in (False, True))
    assert averaged.total - plain.total == averaged.optimizer - plain.optimizer == 4 * (7 * 3 + 13)


def test_nothing_is_written_and_all_is_shown(s2s, folder, tiny_run):
    before = sorted(folder.rglob("*"))
    done = s2s("train", "tiny.toml", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert sorted(folder.rglob("*")) == before
    for title in ("data", "lengths in symbols", "symbols", "parameters", "memory, estimated", "steps", "first batch"):
        assert f"{title}\n" in done.stdout
    assert "train\t20\t1 empty, 1 too long\n" in done.stdout
    assert "batches in an epoch\t3\n" in done.stdout
    assert "</s>\t<s> x 1" in done.stdout
    assert all(line.startswith("s2s: ") for line in done.stderr.splitlines())


def test_of_a_resumed_training_only_what_is_left_is_shown(s2s, folder, run):
    done = s2s("train", "tiny.toml", "-o", run, "--resume", "--set", "training.max_epochs=5", "--dry-run")
    assert "epochs at most\t4\n" in done.stdout


@pytest.mark.parametrize(
    ("settings", "epochs", "steps"),
    [
        ({}, 5, 15),
        ({"max_steps": 7}, 3, 7),
        ({"max_steps": 99}, 5, 15),
        ({"accumulate": 2}, 5, 10),
        ({"accumulate": 2, "max_steps": 4}, 2, 4),
    ],
)
def test_the_nearer_limit_counts_and_a_step_may_have_several_batches(s2s, folder, tiny_run, settings, epochs, steps):
    changes = [part for name, value in settings.items() for part in ("--set", f"training.{name}={value}")]
    done = s2s("train", "tiny.toml", "--set", "training.max_epochs=5", *changes, "--dry-run")
    assert f"batches in an epoch\t3\nepochs at most\t{epochs}\nsteps at most\t{steps}\n" in done.stdout


def test_of_a_resumed_training_no_more_steps_are_left_than_its_limit_leaves(s2s, folder, run):
    changes = ("--set", "training.max_epochs=5", "--set", "training.max_steps=4")
    done = s2s("train", "tiny.toml", "-o", run, "--resume", *changes, "--dry-run")
    assert "epochs at most\t1\nsteps at most\t1\n" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "model.encoder.name=foo"),
        ("--set", "training.metric=foo"),
        ("--set", "encoder.size=many"),
        ("--set", "data.dev=no.tsv"),
        ("--framework", "numpy"),
        ("-o", "train.tsv"),
        ("--observer", "foo"),
        ("--resume",),
    ],
)
def test_it_fails_as_the_training_would(s2s, folder, tiny_run, arguments):
    expected = s2s("train", "tiny.toml", *arguments)
    found = s2s("train", "tiny.toml", *arguments, "--dry-run")
    assert (found.exit_code, found.stdout) == (expected.exit_code, "") == (2, "")
    assert found.stderr.splitlines()[-1] == expected.stderr.splitlines()[-1]


def test_an_existing_run_is_refused_unless_forced(s2s, run):
    assert "run exists; give --force" in s2s("train", "tiny.toml", "-o", run, "--dry-run").stderr
    assert s2s("train", "tiny.toml", "-o", run, "--dry-run", "--force").exit_code == 0
    assert (run / "run.json").is_file()
