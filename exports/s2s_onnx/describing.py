"""What goes into a file's metadata: how it was made and what may be set. No path of the machine is in it, no date."""

from collections.abc import Sequence
from typing import Any

from s2s_onnx.choices import Choices
from s2s_toolkit import __version__
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.loading import Decoding
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Tokenizer, learns, segmentation, tag_separators


def describe(runs: Sequence[Run], decoding: Decoding, choices: Choices) -> dict[str, Any]:
    """The metadata of a file made from a run, or from several, which read and write the same symbols."""
    run, models, with_vocabulary = runs[0], list(map(_model, runs)), choices.input == "ids"
    config = run.config
    return {
        "toolkit": __version__,
        **(models[0] if len(models) == 1 else {"members": models}),
        **_side("source", config.source, run.source, with_vocabulary=with_vocabulary),
        **_side("target", config.target, run.target, with_vocabulary=with_vocabulary),
        "columns": list(config.data.columns),
        "max_source_length": min(each.config.data.max_source_length for each in runs),
        "strategy": decoding.name,
        "fixed": decoding.fixed,
        "settings": decoding.settings,
        "settings_optional": choices.settings == "optional",
        "precision": choices.precision,
        "input": choices.input,
        "opset": choices.opset,
    }


def _model(run: Run) -> dict[str, Any]:
    return {
        "framework": run.config.framework,
        "model": run.config.model.model_dump(mode="json"),
        "checkpoint": run.checkpoint_name,
    }


def _side(name: str, config: TextConfig, side: TextSide, *, with_vocabulary: bool) -> dict[str, Any]:
    symbols, part = side.vocabulary.symbols, config.tokenizer_part
    described: dict[str, Any] = {
        "tokenizer": part.name,
        "separators": list(side.tokenizer.separators),
        "tag_separators": list(tag_separators(side.tokenizer)),
        "normalization": side.normalization.form,
        "lowercase": side.normalization.lowercase,
        "symbols": len(symbols),
        **({"tokenizer_options": part.options} if part.options else {}),
        **_learned(side.tokenizer),
        **({"vocabulary": symbols[len(SPECIAL) :]} if with_vocabulary else {}),
    }
    return {f"{name}_{key}": value for key, value in described.items()}


def _learned(tokenizer: Tokenizer) -> dict[str, Any]:
    """How it cuts words, and what it has learnt if that is something else."""
    cutting = segmentation(tokenizer)
    described = {"segmentation": cutting.described()} if cutting else {}
    state = tokenizer.state if learns(tokenizer) else None
    return described if state in (None, described.get("segmentation")) else {**described, "state": state}
