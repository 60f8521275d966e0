"""JoeyNMT translating: what its `translate` mode calls, a file at once or a line at a time."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joeynmt import prediction

from benchmarks.speed.measured import Measured, one_by_one, whole_file
from benchmarks.speed.peers.joeynmt_config import arguments


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Translate; see `benchmarks.speed.decoding` for the options."""
    with TemporaryDirectory() as place:
        args = arguments(options, Path(place), mode="translate")
        model, _, _, stream = prediction.prepare(args, rank=0, mode="translate")
    # 2.3.0 reads `min_output_length` from its config and forgets to hand it on
    prediction.search = partial(prediction.search, min_output_length=options["min_length"])

    def translate(texts: list[str]) -> list[str]:
        stream.reset_cache()
        for text in texts:
            stream.set_item(text)
        _, _, found, *_ = prediction.predict(
            model=model, data=stream, device=args.device, n_gpu=0, normalization="none", args=args.test,
            autocast=args.autocast,
        )  # fmt: skip
        return found

    texts = Path(options["sources"]).read_text(encoding="utf-8").splitlines()[: options["count"]]
    yield from (whole_file if options["batch_size"] > 1 else one_by_one)(translate, texts)
