"""Where a benchmark runs, and how large."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Scale = Literal["full", "quick", "tiny"]


@dataclass(frozen=True)
class Bench:
    """What every row needs to know.

    Attributes:
        data: Where the corpora lie.
        cache: Where prepared data, trained models and the peers' environments are kept; absolute.
        files: For exported files, made anew in each run of the benchmark, since they are what today's code makes.
        scale: "full" for results, "quick" for a first idea, "tiny" for the smoke test.
    """

    data: Path
    cache: Path
    files: Path
    scale: Scale = "full"

    def size(self, full: int, quick: int, tiny: int) -> int:
        """How much of something there is at this scale."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.scale]
