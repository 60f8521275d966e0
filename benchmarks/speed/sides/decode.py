"""Ours translating with an exported file: `s2s_onnx.Translator`, a file at once or a line at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.speed.measured import Measured, num_threads, one_by_one, whole_file
from benchmarks.speed.shape import Costs
from s2s_onnx import Translator


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Translate; see `benchmarks.speed.decoding` for the options."""
    translator = Translator(options["file"], batch_size=options["batch_size"], num_threads=num_threads())

    def translate(texts: list[str]) -> list[str]:
        return [translation.text for translation in translator(texts)]

    texts = Path(options["sources"]).read_text(encoding="utf-8").splitlines()[: options["count"]]
    for measured in (whole_file if options["batch_size"] > 1 else one_by_one)(translate, texts):
        lengths = [
            (len(text.split()) + 1, length + 1) for text, length in zip(texts, measured.facts["lengths"], strict=True)
        ]
        flops = Costs(**options["costs"]).decoding_flops(lengths, options["beam_size"]) / len(texts)
        yield replace(measured, facts={**measured.facts, "flops": flops})
