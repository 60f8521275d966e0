"""Write one verified ONNX file from a run, and open such files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_onnx.metadata import KEY, encode_metadata
from s2s_onnx.translator import Translator
from s2s_toolkit import __version__
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.files import atomic_path
from s2s_toolkit.loading import Decoding, choose_decoding, load_translator, plan_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint

if TYPE_CHECKING:
    import onnx

VERIFIED_SOURCES = 64


class OnnxExporter:
    """The format "onnx"."""

    def export(
        self, run: Run, path: Path, registry: Registry, *, framework: str, strategy: str, options: Mapping[str, Any]
    ) -> str:
        """Write a run's best model to a file, which is verified against the framework before it gets its name."""
        from s2s_onnx.verification import sample_sources, verify

        by = framework or run.config.framework
        decoding = choose_decoding(run, registry, strategy, options)
        with atomic_path(path) as temporary:
            translator = load_translator(run, registry, framework=by, strategy=strategy, options=options)
            model = build_graph(run, registry, decoding)
            _write(model, describe(run, decoding), temporary)
            report = verify(Translator(temporary), translator, sample_sources(run, VERIFIED_SOURCES))
            _write(model, {**describe(run, decoding), "verification": f"{by}: {report}"}, temporary)
        return f"verified against {by}: {report}"

    def open(self, path: Path, settings: Mapping[str, int | float]) -> TextTranslator:
        """Open a file; `settings` overlay the defaults that it holds."""
        return Translator(path, settings)


def build_graph(run: Run, registry: Registry, decoding: Decoding) -> "onnx.ModelProto":
    """The graph of a run's best model, not yet verified and without metadata."""
    try:
        from s2s_onnx.assembly import assemble
        from s2s_onnx.parts import part_graphs
    except ImportError as error:
        raise UnsupportedError(f'exporting needs {error.name}; pip install "s2s-onnx[export]"') from error
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    parts = part_graphs(plan_of(run), weights, registry)
    return assemble(parts, decoding.strategy, run.source, run.target, decoding.settings)


def describe(run: Run, decoding: Decoding) -> dict[str, Any]:
    """The metadata: how the file was made and what may be set. No path of the machine goes into it."""
    config = run.config
    return {
        "toolkit": __version__,
        "framework": config.framework,
        "model": config.model.model_dump(mode="json"),
        "source_tokenizer": config.source.tokenizer,
        "target_tokenizer": config.target.tokenizer,
        "source_symbols": len(run.source.vocabulary),
        "target_symbols": len(run.target.vocabulary),
        "strategy": decoding.name,
        "fixed": decoding.fixed,
        "settings": decoding.settings,
    }


def _write(model: "onnx.ModelProto", metadata: dict[str, Any], path: Path) -> None:
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=encode_metadata(metadata))
    path.write_bytes(model.SerializeToString(deterministic=True))
