"""One model decoded in three ways: the single file, the steps form with a numpy loop, and all in PyTorch."""

from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks.speed.measured import Measured, Stopwatch, decoded, num_threads, peak_memory
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import open_run
from s2s_toolkit.symbols import EOS

Decode = Callable[[list[str]], list[str]]


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Each batch size with each beam; the sources of a batch are of similar length, as they would be in a file."""
    texts = Path(options["sources"]).read_text(encoding="utf-8").splitlines()
    texts = sorted(texts, key=lambda text: len(text.split()))
    for beam_size, path in options["models"].items():
        decode = OPENERS[options["form"]](path, int(beam_size))
        for size in options["batch_sizes"]:
            middle = (len(texts) - size) // 2
            yield timed(decode, texts[middle : middle + size], options["times"], f"batch {size}, beam {beam_size}")


def timed(decode: Decode, texts: list[str], times: int, case: str) -> Measured:
    """The same sources some times, after once to warm up."""
    found = decode(texts)
    watch = Stopwatch()
    for _ in range(times):
        decode(texts)
    return Measured(times * len(texts), *watch.stop(), peak_memory(), case, decoded(found))


def single(path: str, beam_size: int) -> Decode:
    """The file with the loop inside."""
    from s2s_onnx import Translator

    translator = Translator(path, num_threads=num_threads(), batch_size=2**10)
    return lambda texts: [translation.text for translation in translator(texts)]


def steps(path: str, beam_size: int) -> Decode:
    """Encoder and step as files, the toolkit's numpy loop around them."""
    from s2s_onnx.manifest import read_manifest, stepping_translator
    from s2s_onnx.stepper import OnnxStepper

    folder = Path(path)
    manifest = read_manifest(folder)
    stepper = OnnxStepper(folder, manifest, num_threads=num_threads())
    translator = stepping_translator(stepper, manifest, path, load_registry())
    translator.batch_size = 2**10
    return lambda texts: [translation.text for translation in translator(texts)]


def torch(path: str, beam_size: int) -> Decode:
    """Beam search in PyTorch, eagerly; greedy is a beam of 1."""
    from torch import from_numpy

    from benchmarks.speed.models import MAX_LENGTH, MIN_LENGTH
    from benchmarks.torch_beam import beam_search
    from s2s_toolkit.loading import load_model

    registry = load_registry()
    run = open_run(Path(path), registry)
    model: Any = load_model(run, registry, "torch")
    module = model.module.eval()

    def decode(texts: list[str]) -> list[str]:
        ids, _ = source_arrays([run.source.encode(text) for text in texts])
        found, _ = beam_search(
            module, from_numpy(ids), beam_size=beam_size, min_length=MIN_LENGTH, max_length=MAX_LENGTH
        )
        return [run.target.decode([*takewhile(lambda number: number != EOS, row)]) for row in found.tolist()]

    return decode


OPENERS = {"single": single, "steps": steps, "torch": torch}
