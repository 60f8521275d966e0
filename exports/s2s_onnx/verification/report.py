"""What a verification found."""

from dataclasses import dataclass

from s2s_onnx.verification.differences import Differences
from s2s_toolkit.errors import S2SError


class DisagreementError(S2SError):
    """A file that is not the model."""


@dataclass(frozen=True)
class Verification:
    """What was compared, and how far the two are apart.

    Attributes:
        framework: What computed the model.
        precision: That of the file's weights.
        num_sources: Sources translated by both.
        num_same: Those of which all results are the same text.
        num_ties: Sources whose texts differ in a tie (`s2s_onnx.verification.ties`), up to the first whose texts differ
            otherwise.
        differences: Of "memory", "logits" and "teacher_forced_attention", and, where texts are the same, of their
            "scores", "token_log_probs", "attention" and "alignment"; as far as the file gives them.
        first: Where and how texts differ first, or "".
        disagreement: Why the file is not the model, or "".
    """

    framework: str
    precision: str
    num_sources: int
    num_same: int
    num_ties: int
    differences: Differences
    first: str = ""
    disagreement: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "framework": self.framework,
            "sources": self.num_sources,
            "same_text": self.num_same,
            "ties": self.num_ties,
            "quantities": {
                name: {"values": found.num_values, "greatest_difference": float(f"{found.greatest:.1e}")}
                for name, found in self.differences.items()
            },
        }

    def require_agreement(self) -> None:
        """Raise DisagreementError unless the file is the model."""
        if self.disagreement:
            raise DisagreementError(f"the exported file and the model disagree on {self.disagreement}")

    def __str__(self) -> str:
        share = "" if self.num_same == self.num_sources else f"{self.num_same:,} of "
        ties = f", ties for {self.num_ties:,}" if self.num_ties else ""
        name, worst = max(self.differences.items(), key=lambda item: item[1].greatest)
        text = f"the same text for {share}{self.num_sources:,} sources{ties}"
        return f"{text}; greatest difference {worst.greatest:.1e}, of {words(name)}"


def words(name: str) -> str:
    """The name of a quantity, for a person."""
    return name.replace("_", " ")
