"""Train the g2p recipe on languages of SIGMORPHON 2020, in both frameworks, and print a row of the table for each.

    python benchmarks/g2p.py fre ice --frameworks torch --frameworks tensorflow

The dev pairs are scored twice with beam 5, by the framework's model and by the exported file, which must agree.
"""

import json
from pathlib import Path

import click

from s2s_toolkit.config import Config, read_config
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.exporter import find_exporter, open_translator
from s2s_toolkit.loading import load_translator
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.progress import show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.training import train

HERE = Path(__file__).parent
HEADER = (
    "| language | framework | dev WER, model | dev WER, ONNX file | dev PER | training |\n|---|---|---|---|---|---|"
)


@click.command()
@click.argument("languages", nargs=-1, required=True)
@click.option("--frameworks", "-f", multiple=True, default=("torch", "tensorflow"), show_default=True)
@click.option("--data", type=click.Path(path_type=Path), default=HERE.parent.parent / "shared/data/sigmorphon2020-g2p")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs/g2p"), show_default=True)
def main(languages: tuple[str, ...], frameworks: tuple[str, ...], data: Path, runs: Path) -> None:
    """Train LANGUAGES in each framework; a run that is there already is scored, not trained again."""
    registry, rows = load_registry(), [HEADER]
    for language in languages:
        if not (data / language).is_dir():
            raise click.ClickException(f"there is no data for {language} in {data}; give --data FOLDER")
        for framework in frameworks:
            config = language_config(data / language, framework)
            path = runs / f"{language}-{framework}"
            if not (path / "model.onnx").is_file():
                train_and_export(config, path, registry)
            rows.append(row(language, open_run(path, registry), registry))
    click.echo("\n".join(rows))


def language_config(folder: Path, framework: str) -> Config:
    """The recipe on one language's data."""
    config = read_config(HERE / "g2p.toml")
    data = config.data.model_copy(update={"train": folder / "train.tsv", "dev": folder / "dev.tsv"})
    return config.model_copy(update={"data": data, "framework": framework})


def train_and_export(config: Config, path: Path, registry: Registry) -> None:
    """Train into a run directory, anew if one is there, and write its model.onnx."""
    with show_training() as observer:
        run = train(config, path, registry, observer, force=True)
    exporter = find_exporter("onnx", registry)
    exporter.export(run, path / "model.onnx", registry, framework=config.framework, strategy="", options={})


def row(language: str, run: Run, registry: Registry) -> str:
    """Score the dev pairs with the framework's model and with the file."""
    pairs = list(read_pairs(run.config.data.dev, run.config.data.columns))
    metrics = [registry.load("metric", name) for name in ("wer", "ser")]
    translators = load_translator(run, registry), open_translator(run.path / "model.onnx", registry)
    model, file = (evaluate(translator, pairs, metrics, registry).scores for translator in translators)
    minutes = json.loads(run.metrics_path.read_text().splitlines()[-1])["seconds"] / 60
    cells = (f"{model['wer']:.2f} %", f"{file['wer']:.2f} %", f"{model['ser']:.2f} %", f"{minutes:.1f} min")
    return f"| {language} | {run.config.framework} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
