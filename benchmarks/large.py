"""Export a model of more than 2 GB, random weights, and translate with it: its weights lie beside the file.

    python benchmarks/large.py FOLDER

Takes 15 GB of memory, 5 GB of disk and some minutes.
"""

import resource
import time
from pathlib import Path

import click

from s2s_onnx import Translator
from s2s_toolkit.config import Config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.text import load_side
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

NUM_SYMBOLS = 200_000
SIZE = 1024
MODEL = {
    "embedding_size": SIZE,
    "encoder": {"name": "gru", "size": 64},
    "attention": {"name": "additive", "size": 64},
    "decoder": {"name": "bahdanau", "size": 64, "readout_size": SIZE},
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path) -> None:
    """Make a run and its file in FOLDER."""
    registry, path = load_registry(), folder / "large.onnx"
    sides = {name: {"tokenizer": "words"} for name in ("source", "target")}
    content = {"framework": "torch", "data": {"train": "none", "dev": "none"}, "model": MODEL, **sides}
    config = Config.model_validate({**content, "decoding": {"strategy": "greedy", "max_length": 5}})
    vocabulary = Vocabulary([f"word{number}" for number in range(NUM_SYMBOLS)])
    run = Run(
        folder / "run", config, *(load_side(side, registry, vocabulary) for side in (config.source, config.target))
    )
    folder.mkdir(parents=True, exist_ok=True)
    create_run(run)
    parts = build_parts(config.model, registry, "numpy")
    save_checkpoint(run.checkpoint_path("best"), initial_weights(declared_weights(plan_of(run), parts), seed=1))
    start = time.perf_counter()
    report = find_exporter("onnx", registry).export(run, path, registry, framework="", strategy="", options={})
    click.echo(f"exported in {time.perf_counter() - start:.0f} s: {report}")
    for file in sorted(folder.glob("large.onnx*")):
        click.echo(f"{file.name}: {file.stat().st_size / 1e9:.2f} GB")
    start = time.perf_counter()
    (translation,) = Translator(path)(["word1 word2"])
    click.echo(f"opened and translated in {time.perf_counter() - start:.1f} s: {translation.text!r}")
    click.echo(f"greatest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
