"""Bad input gives one clear line and exit code 2, and leaves nothing behind."""

import json

import pytest

TRAIN = ("train", "tiny.toml", "--set")
DAMAGED = (
    "run.json",
    "config.toml",
    "source.vocabulary.json",
    "target.vocabulary.json",
    "checkpoints/best.safetensors",
)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((*TRAIN, "model.encoder.name=foo"), "no encoder called 'foo' for torch; installed: gru"),
        ((*TRAIN, "model.attention.name=foo"), "no attention scorer called 'foo' for torch; installed: additive"),
        ((*TRAIN, "source.tokenizer=foo"), "no tokenizer called 'foo'; installed: bpe, characters"),
        ((*TRAIN, "decoding.strategy=foo"), "no decoding strategy called 'foo'; installed: beam"),
        ((*TRAIN, "training.metric=foo"), "no metric called 'foo'; installed: bleu, cer, chrf, exact_match"),
        (("train", "tiny.toml", "--framework", "foo"), "no framework called 'foo'; installed: numpy"),
        (("train", "tiny.toml", "--framework", "numpy"), "the numpy reference does not train; use --framework torch"),
        ((*TRAIN, "sede=1"), "unknown key 'sede'; did you mean 'seed'?"),
        ((*TRAIN, "training.bach_size=1"), "unknown key 'training.bach_size'; did you mean 'batch_size'?"),
        ((*TRAIN, "model.encoder.sise=1"), "encoder.sise'; did you mean 'size'?"),
        ((*TRAIN, "decoding.beem_size=1"), "unknown key 'decoding.beem_size'; did you mean 'beam_size'?"),
        ((*TRAIN, "training.batch_size=many"), "'training.batch_size': input should be a valid integer"),
        ((*TRAIN, "model.encoder.size=many"), "encoder.size': input should be a valid integer"),
        ((*TRAIN, "data.train=5"), "tiny.toml: 'data.train': "),
        (
            (*TRAIN, "model.attention={name='dot'}"),
            "'dot' needs a decoder state as large as the encoder's output, given 8",
        ),
        ((*TRAIN, "data"), "expected name=value, found 'data'"),
        (("train", "no.toml"), "can't read config no.toml: No such file or directory"),
        (("train", "train.tsv"), "train.tsv is not valid TOML"),
        ((*TRAIN, "data.dev=no.tsv"), "no.tsv: No such file or directory"),
        ((*TRAIN, "data.train=malformed.tsv"), "malformed.tsv, line 2: expected source<TAB>target, found 3 columns"),
        (
            ("train", "tiny.toml", "-o", "train.tsv"),
            "train.tsv exists and is not a run directory; choose another place",
        ),
        (
            ("train", "tiny.toml", "-o", "train.tsv/run"),
            "can't make folder train.tsv: it is not a folder; choose another place",
        ),
        (("train", "tiny.toml", "-o", "."), ". exists and is not a run directory; choose another place"),
        (("train", "tiny.toml", "--resume"), "there is no run directory runs/tiny-torch; `s2s train` makes one"),
        (("translate", "no-run"), "there is no run directory no-run; `s2s train` makes one"),
        (("translate", "no.onnx"), "there is no model file no.onnx"),
        (
            ("translate", "foreign.onnx"),
            "foreign.onnx is damaged, was changed since its export, or was not written by `s2s export`",
        ),
        (("translate", "train.tsv"), "train.tsv is neither a run directory nor a model file; formats installed: .onnx"),
        (("evaluate", "foreign.onnx"), "foreign.onnx comes without pairs; give a file of them"),
        (("evaluate", "no-run"), "there is no run directory no-run"),
        (("export", "no-run"), "there is no run directory no-run"),
        (("plot", "no-run", "text"), "there is no run directory no-run"),
        (("plot", "no-run", "text", "-o", "train.tsv"), "train.tsv exists; give --force to replace it"),
        (("plot", "no-run", "text", "-o", "text.txt"), "can't draw into text.txt; give a name that ends in .pdf"),
    ],
)
def test_without_a_run(s2s, folder, arguments, line):
    (folder / "malformed.tsv").write_text("a\tb\na\tb\tc\n")
    (folder / "foreign.onnx").write_text("not a model")
    refuses(s2s, folder, arguments, line)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("train", "tiny.toml", "-o", "run"), "run exists; give --force to replace it"),
        (("train", "tiny.toml", "-o", "run", "--resume", "--set", "model.encoder.size=3"), "[model] differs from"),
        (("translate", "run", "no.txt"), "can't read no.txt: No such file or directory"),
        (("translate", "run", "latin.txt", "-o", "out.txt"), "latin.txt, line 2: expected UTF-8, found byte 0xe9"),
        (("translate", "run", "train.tsv", "-o", "dev.tsv"), "dev.tsv exists; give --force to replace it"),
        (("translate", "run", "train.tsv", "-o", "no/out.txt"), "can't write no/out.txt: there is no folder no"),
        (("translate", "run", "--framework", "foo"), "no framework called 'foo'; installed: numpy"),
        (("translate", "run", "--strategy", "foo"), "no decoding strategy called 'foo'; installed: beam"),
        (("translate", "run", "-O", "beem_size=3"), "unknown key 'decoding.beem_size'; did you mean 'beam_size'?"),
        (("translate", "run", "-O", "beam_size=x"), "'decoding.beam_size': input should be a valid integer"),
        (("translate", "run", "-O", "n_best=9"), "n_best must lie between 1 and beam_size"),
        (("translate", "run", "-O", "max_length=0"), "max_length must be at least 1, given 0"),
        (("translate", "run", "-O", "max_length=x"), "max_length must be an integer, given 'x'"),
        (
            ("translate", "run", "-O", "min_length=8"),
            "min_length must lie between 0 and max_length, which is 7; given 8",
        ),
        (("evaluate", "run", "malformed.tsv"), "malformed.tsv, line 1: expected source<TAB>target, found no tab"),
        (("evaluate", "run", "empty.tsv"), "no pair to compare, 1 empty; give at least one"),
        (("evaluate", "run", "--metric", "foo"), "no metric called 'foo'; installed: bleu, cer, chrf, exact_match"),
        (("export", "run", "--format", "foo"), "no exporter called 'foo'; installed: "),
        (("export", "run", "-o", "dev.tsv"), "dev.tsv exists; give --force to replace it"),
        (("plot", "run", "12 ab", "-o", "no/a.png"), "can't write no/a.png: there is no folder no"),
    ],
)
def test_with_a_run(s2s, folder, run, arguments, line):
    (folder / "malformed.tsv").write_text("a\n")
    (folder / "empty.tsv").write_text("\tb\n")
    (folder / "latin.txt").write_bytes("a\ncafé\n".encode("latin-1"))
    refuses(s2s, folder, arguments, line)


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("length", [None, 0, 20, -10])
def test_a_run_with_a_missing_or_truncated_file(s2s, folder, run, name, length):
    damage(run / name, length)
    refuses(s2s, folder, ("translate", "run", "--framework", "numpy"), name if name != "config.toml" else "config")


@pytest.mark.parametrize(
    ("name", "length"),
    [("last.safetensors", None), ("last.safetensors", 20), ("last.safetensors", -10)],
)
def test_resuming_a_run_with_a_missing_or_truncated_file(s2s, folder, run, name, length):
    damage(next(run.rglob(name)), length)
    refuses(s2s, folder, ("train", "tiny.toml", "-o", "run", "--resume"), name)


def test_resuming_a_run_whose_log_is_something_else(s2s, folder, run):
    (run / "metrics.jsonl").write_text("epoch one went well\n")
    refuses(s2s, folder, ("train", "tiny.toml", "-o", "run", "--resume"), "metrics.jsonl")


def test_a_run_of_a_later_format(s2s, folder, run):
    (run / "run.json").write_text(json.dumps({"format": 999, "toolkit": "1.2.0"}))
    refuses(s2s, folder, ("translate", "run"), "run/run.json has format 999, written by s2s-toolkit 1.2.0; this is ")


def test_a_checkpoint_of_another_model(s2s, folder, run):
    config = run / "config.toml"
    config.write_text(config.read_text().replace("embedding_size = 8", "embedding_size = 5"))
    refuses(s2s, folder, ("translate", "run", "--framework", "numpy"), "it belongs to another config")


def test_standard_input_that_is_no_text(s2s, run):
    done = s2s("translate", run, "--framework", "numpy", stdin=b"12 ab\n\xff\n")
    assert (done.exit_code, done.stderr) == (2, "s2s: standard input, line 2: expected UTF-8, found byte 0xff\n")


def refuses(s2s, folder, arguments, line):
    before = files(folder)
    done = s2s(*arguments)
    assert (done.exit_code, done.stdout) == (2, ""), done.stderr
    assert line in done.stderr
    assert done.stderr.startswith("s2s: ")
    assert done.stderr.count("\n") == 1
    assert files(folder) == before


def files(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def damage(path, length):
    content = path.read_bytes()
    if length is None:
        path.unlink()
    else:
        path.write_bytes(content[:length])
