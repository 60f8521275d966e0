"""Memory that is short: which errors say so, whoever raised them, and what takes less."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from s2s_toolkit.registry import Registry

if TYPE_CHECKING:
    from s2s_toolkit.batches import Batch


def is_shortage(error: BaseException, registry: Registry) -> bool:
    """Whether an error says that there is no memory: Python's and numpy's does, and frameworks know their own."""
    if isinstance(error, MemoryError):
        return True
    for offer in registry.offers["framework"]:
        module, _, name = offer.component.target.partition(":")
        framework = getattr(sys.modules.get(module), name, None)  # one that is not imported has raised nothing
        says = getattr(framework, "says_out_of_memory", None)
        if says and says(error):
            return True
    return False


def largest(batches: "Sequence[Batch]") -> str:
    """The batch of some that holds most symbols, padding included, in words."""
    batch = max(batches, key=lambda each: each.source_ids.size + each.target_out.size)
    (pairs, source), target = batch.source_ids.shape, batch.target_out.shape[1]
    return f"a batch of {pairs:,} pairs, each of {source:,} source and {target:,} target symbols with padding"
