"""How much of a translation is spent on cutting text into subwords, inside the exported file.

    python benchmarks/subwords.py PAIRS.tsv FOLDER

Random weights, which do not change how long a step takes; targets of at most 20 symbols. One thread; processor time.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
import onnxruntime

from s2s_onnx import Translator
from s2s_onnx.graph.hoisting import hoist
from s2s_onnx.text import reading_graph
from s2s_toolkit.config import Config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.training.vocabularies import learn_sides
from s2s_toolkit.weights import initial_weights

TOKENIZERS = [("words", 0), ("bpe", 4000), ("bpe", 8000), ("unigram", 4000), ("unigram", 8000)]
MODEL = {
    "embedding_size": 256,
    "encoder": {"name": "gru", "size": 256},
    "attention": {"name": "additive", "size": 256},
    "decoder": {"name": "bahdanau", "size": 256},
}
BATCHES = {1: 200, 32: 10}
"""Size of a batch -> how many are measured."""


@click.command()
@click.argument("pairs", type=click.Path(path_type=Path, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def main(pairs: Path, folder: Path) -> None:
    """Learn tokenizers from PAIRS, export a model with each into FOLDER, and measure it."""
    click.echo("tokenizer\tsize\tbatch\tms a line, text\tms a line, all\tshare")
    for name, size in TOKENIZERS:
        run = write_run(pairs, folder / f"{name}-{size}", {"name": name} | ({"size": size} if size else {}))
        file = run.path / "model.onnx"
        find_exporter("onnx", load_registry()).export(run, file, load_registry(), framework="", strategy="", options={})
        texts = [line.split("\t")[0] for line in pairs.read_text(encoding="utf-8").splitlines()]
        reading, whole = reader(run), Translator(file, num_threads=1)
        for batch, count in BATCHES.items():
            batches = [texts[number * batch : (number + 1) * batch] for number in range(count)]
            text, everything = measured(reading, batches), measured(whole, batches)
            click.echo(f"{name}\t{size}\t{batch}\t{text:.2f}\t{everything:.2f}\t{text / everything:.1%}")


def write_run(pairs: Path, path: Path, tokenizer: dict[str, object]) -> Run:
    """A run of random weights, whose sides have learnt from pairs."""
    registry = load_registry()
    content = {
        "framework": "numpy",
        "data": {"train": pairs, "dev": pairs},
        "source": {"tokenizer": tokenizer},
        "target": {"tokenizer": tokenizer},
        "model": MODEL,
        "decoding": {"strategy": "beam", "max_length": 20},
    }
    config = Config.model_validate(content)
    source, target = (learned.side for learned in learn_sides(config, registry))
    run = Run(path, config, source, target)
    create_run(run)
    parts = build_parts(config.model, registry, "numpy")
    save_checkpoint(run.checkpoint_path("best"), initial_weights(declared_weights(plan_of(run), parts), seed=1))
    return run


def reader(run: Run) -> Callable[[Sequence[str]], object]:
    """The part of the file that reads text, by itself."""
    model, options = reading_graph(run.source), onnxruntime.SessionOptions()
    hoist(model.graph)
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda texts: session.run(None, {"source": np.array(texts, object)})


def measured(call: Callable[[Sequence[str]], object], batches: Sequence[Sequence[str]]) -> float:
    """Milliseconds a line, without the first batch."""
    call(batches[0])
    start = time.process_time()
    for batch in batches:
        call(batch)
    return (time.process_time() - start) / sum(map(len, batches)) * 1000


if __name__ == "__main__":
    main()
