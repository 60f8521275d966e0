import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from s2s_toolkit.config import parse_config
from s2s_toolkit.corpus import Corpus, Counts
from s2s_toolkit.observers import BatchStep, Start, Validation
from s2s_toolkit.progress import Bar, Lines, count_sources, describe, show_training
from s2s_toolkit.run import Run
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters
from s2s_toolkit.vocabulary import Vocabulary

VALIDATION = Validation(
    epoch=3,
    step=30,
    train_loss=0.5,
    dev_loss=0.25,
    metric="loss",
    value=0.25,
    best=True,
    learning_rate=0.001,
    tokens_per_second=1234.5,
    seconds=67.8,
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = {
        "data": {"train": ["here.src", "/elsewhere/there.tgt"], "dev": "dev.tsv"},
        "training": {"max_epochs": 5},
        "framework": "numpy",
    }
    config = parse_config(content, folder=Path(), where="here")
    return Run(tmp_path, config, *(TextSide(Characters(), Vocabulary(symbols)) for symbols in ("abc", "xy")))


def start(observer, run, step=0, drawn=1234):
    training, dev = Counts(1234, {"empty": 5, "long": 0}, drawn), Corpus([("a", "x")] * 7, [], {"empty": 0})
    observer.on_start(Start(run, training, dev, 98765, 50, step, 10))


def test_how_many_pairs_an_epoch_has_is_told_where_weights_say(run, capsys):
    start(Lines(), run, drawn=2345)
    expected = "train  1,234 pairs from here.src, /elsewhere/there.tgt, 2,345 in an epoch; skipped 5 empty"
    assert capsys.readouterr().err.splitlines()[0] == expected


def test_what_is_trained_on_is_told(run, capsys):
    start(Lines(), run)
    assert capsys.readouterr().err.splitlines() == [
        "train  1,234 pairs from here.src, /elsewhere/there.tgt; skipped 5 empty",
        "dev    7 pairs from dev.tsv",
        "model  98,765 weights, 7 source and 6 target symbols, in numpy",
    ]


def test_where_it_goes_on_is_told(run, capsys):
    start(Lines(), run, step=20)
    assert capsys.readouterr().err.splitlines()[-1] == "resumed after 20 of 50 steps"


def test_a_validation_is_a_line(capsys):
    Lines().on_step(BatchStep(1, 2.0, 3, 0.1))
    Lines().on_validation(VALIDATION)
    line = "epoch   3  train loss 0.5000  dev loss 0.2500  1,234 tokens/s  68 s  best\n"
    assert capsys.readouterr().err == line


def test_a_metric_that_chooses_is_told():
    validation = Validation(**{**vars(VALIDATION), "metric": "wer", "value": 12.345, "best": False})
    assert describe(validation) == "epoch   3  train loss 0.5000  dev loss 0.2500  dev wer 12.35  1,234 tokens/s  68 s"


def test_a_warning_is_a_line(capsys):
    Lines().on_warning("observer 'x' is left out")
    assert capsys.readouterr().err == "warning: observer 'x' is left out\n"


def test_the_bar_shows_epoch_loss_and_speed(run):
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[loss]} {task.fields[speed]}")
    progress = Progress(*columns, console=console, auto_refresh=False)
    bar = Bar(console, progress)
    start(bar, run, step=10)
    assert (task_of(progress).completed, task_of(progress).total) == (10, 50)
    assert task_of(progress).description == "epoch 2/5"
    bar.on_step(BatchStep(20, 6.0, 3, 0.1))
    assert (task_of(progress).completed, task_of(progress).description) == (20, "epoch 2/5")
    bar.on_step(BatchStep(21, 6.0, 3, 0.1))
    assert (task_of(progress).completed, task_of(progress).description) == (21, "epoch 3/5")
    assert task_of(progress).fields["loss"] == "loss 2.0000"
    assert task_of(progress).fields["speed"].endswith(" tokens/s")
    bar.on_validation(VALIDATION)
    progress.stop()
    assert "epoch   3  train loss 0.5000" in console.file.getvalue()


def test_the_bar_ends_with_its_last_epoch(run):
    progress = Progress(console=Console(file=io.StringIO()))
    bar = Bar(progress.console, progress)
    start(bar, run, step=50)
    assert task_of(progress).description == "epoch 5/5"
    progress.stop()


def test_there_is_no_bar_without_a_terminal(capsys):
    with show_training() as observer:
        assert type(observer) is Lines
    with count_sources() as watch:
        watch(1, 2)
    assert capsys.readouterr().err == ""


def test_there_is_a_bar_on_a_terminal(run, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    monkeypatch.setenv("TERM", "xterm")
    with show_training() as observer:
        assert type(observer) is Bar
        assert capsys.readouterr().err == ""  # nothing until it starts
        start(observer, run)
    assert "epoch 1/5" in capsys.readouterr().err


def task_of(progress):
    return progress.tasks[0]
