"""`s2s verify`: compare an exported file with the run it was made from."""

from pathlib import Path

import click

from s2s_toolkit.registry import Registry


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Pairs (TSV) whose sources are translated by both.")
@click.option("--framework", default="", help="Which framework runs the run; by default the one it was trained in.")
@click.pass_obj
def command(registry: Registry, model: Path, run: Path, data: Path | None, framework: str) -> None:
    """Compare MODEL.onnx with the RUN it was exported from: text, scores, attention."""
    click.echo(verify_file(model, run, registry, data=data, framework=framework))


def verify_file(
    model: Path, run_path: Path, registry: Registry, *, data: Path | None = None, framework: str = ""
) -> str:
    """One line that says how far the two are apart; where they disagree, that is an error."""
    from s2s_onnx.exporter import VERIFIED_SOURCES
    from s2s_onnx.translator import Translator
    from s2s_onnx.verification import sample_sources, verify
    from s2s_toolkit.corpus import read_pairs
    from s2s_toolkit.loading import load_translator
    from s2s_toolkit.run import open_run

    run, file = open_run(run_path, registry), Translator(model)
    strategy, options = file.metadata["strategy"], file.metadata["fixed"] | file.defaults
    translator = load_translator(run, registry, framework=framework, strategy=strategy, options=options)
    texts = [pair.source for pair in read_pairs(data)] if data else sample_sources(run, VERIFIED_SOURCES)
    return f"{model} against {run_path}: {verify(file, translator, texts)}"
