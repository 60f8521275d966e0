"""Train the scorer of docs/writing_a_plugin.md, and a built-in one, on real data; compare all that can run the result.

    python benchmarks/plugin.py

Each run, whichever framework it was trained in, translates the dev pairs in PyTorch, in TensorFlow and as an exported
file in 32 bits, which must give the same text for every word; in 8 bits it is another model, printed beside it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.config import Config, read_config
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.exporter import TextTranslator, find_exporter
from s2s_toolkit.loading import load_translator
from s2s_toolkit.opening import open_translator
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.progress import show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.training import train

HERE = Path(__file__).parent
SCORERS = ("cosine", "additive")
FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
PRECISIONS = ("fp32", "int8")
HEADER = (
    "| scorer | trained in | dev WER in PyTorch | in TensorFlow | by onnxruntime | in 8 bits | training |\n"
    "|---|---|---|---|---|---|---|"
)


@click.command()
@click.option("--language", default="ice", show_default=True)
@click.option("--data", type=click.Path(path_type=Path), default=HERE.parent.parent / "shared/data/sigmorphon2020-g2p")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs/plugin"), show_default=True)
def main(language: str, data: Path, runs: Path) -> None:
    """Train both scorers in both frameworks; a run that is there already is scored, not trained again."""
    if not (data / language).is_dir():
        raise click.ClickException(f"there is no data for {language} in {data}; give --data FOLDER")
    registry, rows = load_registry(), [HEADER]
    for scorer in SCORERS:
        for framework in FRAMEWORKS:
            path = runs / f"{language}-{scorer}-{framework}"
            if not path.is_dir():
                with show_training() as observer:
                    train(config_of(scorer, framework, data / language), path, registry, observer)
            rows.append(row(open_run(path, registry), registry))
    click.echo("\n".join(rows))


def config_of(scorer: str, framework: str, folder: Path) -> Config:
    """One config for all: the scorers have the same option, `size`."""
    config = read_config(HERE / "plugin.toml")
    data = config.data.model_copy(update={"train": folder / "train.tsv", "dev": folder / "dev.tsv"})
    model = config.model.model_copy(update={"attention": config.model.attention.model_copy(update={"name": scorer})})
    return config.model_copy(update={"data": data, "model": model, "framework": framework})


def row(run: Run, registry: Registry) -> str:
    """Score the dev pairs with everything that can run the model."""
    pairs = list(read_pairs(run.config.data.dev, run.config.data.columns))
    files = {precision: exported(run, precision, registry) for precision in PRECISIONS}
    exact = {name: load_translator(run, registry, framework=framework) for framework, name in FRAMEWORKS.items()}
    exact |= {"onnxruntime": files["fp32"]}
    check_texts(exact, pairs, run)
    metric = registry.load("metric", "wer")
    scores = [evaluate(one, pairs, [metric], registry).scores["wer"] for one in (*exact.values(), files["int8"])]
    minutes = json.loads(run.metrics_path.read_text(encoding="utf-8").splitlines()[-1])["seconds"] / 60
    cells = [f"{score:.2f} %" for score in scores] + [f"{minutes:.1f} min"]
    return f"| {run.config.model.attention.name} | {FRAMEWORKS[run.config.framework]} | {' | '.join(cells)} |"


def exported(run: Run, precision: str, registry: Registry) -> TextTranslator:
    """The run's file in a precision, made anew."""
    path = run.path / f"{precision}.onnx"
    exporter = find_exporter("onnx", registry, {"precision": precision})
    click.echo(exporter.export(run, path, registry, framework="", strategy="", options={}), err=True)
    return open_translator(path, registry)


def check_texts(translators: dict[str, TextTranslator], pairs: Sequence[Pair], run: Run) -> None:
    """ClickException where a word is translated otherwise than by the first translator."""
    texts = {name: [t.text for t in one([p.source for p in pairs])] for name, one in translators.items()}
    first, expected = next(iter(texts.items()))
    for name, found in texts.items():
        wrong = [pair.source for pair, a, b in zip(pairs, found, expected, strict=True) if a != b]
        if wrong:
            raise click.ClickException(f"{run.path}: {name} and {first} translate {', '.join(wrong)} differently")


if __name__ == "__main__":
    main()
