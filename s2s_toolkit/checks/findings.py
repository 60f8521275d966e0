"""What is known of a part after one check of it."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["holds", "fails", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One check of one part.

    Attributes:
        part: Kind and name of the part; the plugin's name where it is about all of it.
        framework: Where it was checked, "" where that makes no difference.
        check: What was checked, in words.
        outcome: How it ended.
        reason: Why it failed or was skipped, in one line.
        traceback: Where it failed, as pytest tells it.
    """

    part: str
    framework: str
    check: str
    outcome: Outcome
    reason: str = ""
    traceback: str = ""
