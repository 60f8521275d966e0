"""The inner values of a file and of its model, for sources and targets that are given to both."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from s2s_onnx.verification.cases import Case
from s2s_onnx.verification.differences import Difference, difference, merged
from s2s_onnx.verification.inside import Inside, LookInside
from s2s_toolkit.batches import Batch, length_groups, make_batch
from s2s_toolkit.contracts import DecodingModel
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import BOS, PAD

BATCH_SIZE = 32
MAX_LOGITS = 2**26
"""Of one batch, in all rows and steps: a quarter of a gigabyte."""


def compare_inside(
    look_inside: LookInside,
    model: DecodingModel,
    run: Run,
    cases: Sequence[Case],
    *,
    rows: int,
    watch: Callable[[int], None] = lambda done: None,
) -> dict[str, Difference]:
    """Compare memory, logits and attention at all real positions, with the targets of the cases as prefixes.

    Args:
        look_inside: Gives the file's.
        model: The model.
        run: Whose tokenizers and vocabularies make ids of texts.
        cases: What is given to both.
        rows: Rows that the file decodes for each source.
        watch: Told how many cases are done.
    """
    differences: dict[str, Difference] = {}
    done = 0
    for numbers, batch in _batches(run, cases, rows):
        chosen = [cases[number] for number in numbers]
        found = look_inside([case.pair for case in chosen], batch)
        differences = merged(differences, _differences(found, model, batch, [case.place for case in chosen]))
        done += len(chosen)
        watch(done)
    return differences


def _batches(run: Run, cases: Sequence[Case], rows: int) -> Iterator[tuple[list[int], Batch]]:
    examples = [(run.source.encode(pair.source), run.target.encode(pair.target)) for _, pair in cases]
    lengths = [max(len(source), len(target)) + 1 for source, target in examples]
    max_symbols = MAX_LOGITS // (len(run.target.vocabulary) * rows)
    for numbers in length_groups(lengths, batch_size=BATCH_SIZE, max_symbols=max_symbols):
        yield numbers, make_batch([examples[number] for number in numbers])


def _differences(found: Inside, model: DecodingModel, batch: Batch, places: Sequence[str]) -> dict[str, Difference]:
    logits, attention = model.teacher_forced(batch)
    source_mask = np.arange(batch.source_ids.shape[1]) < batch.source_lengths[:, None]  # (B, S)
    compared = {
        "memory": (found.memory, model.encode(batch.source_ids, batch.source_lengths), source_mask, "source"),
        "logits": (_allowed(found.logits), _allowed(logits), batch.target_mask, "target"),
    }
    if found.attention is not None:
        compared["teacher_forced_attention"] = (found.attention, attention, batch.target_mask, "target")
    return {name: _difference(*values, places) for name, values in compared.items()}


def _difference(ours: np.ndarray, theirs: np.ndarray, mask: np.ndarray, side: str, places: Sequence[str]) -> Difference:
    """Of arrays (B, L, …) where the mask (B, L) is true."""
    if ours.shape != theirs.shape:
        return difference(ours, theirs, lambda _: places[0])
    real = np.argwhere(mask)

    def where(number: int) -> str:
        row, position = real[number]
        return f"{places[row]}, {side} symbol {position + 1}"

    return difference(ours[mask], theirs[mask], where)


def _allowed(logits: np.ndarray) -> np.ndarray:
    """Of the symbols that may stand in a target; a file rules the others out."""
    return np.delete(logits, (PAD, BOS), axis=-1)
