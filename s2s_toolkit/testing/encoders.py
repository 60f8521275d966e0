"""The conformance suite of encoders."""

import numpy as np

from s2s_toolkit.testing.agreement import assert_close
from s2s_toolkit.testing.model_parts import ModelPartSuite
from s2s_toolkit.testing.small_model import EMBEDDING_SIZE, SmallModel, draw

LENGTHS = np.array([3, 8, 1, 5])
REAL = np.arange(8) < LENGTHS[:, None]  # (B, S)
OUTPUTS = "memory", "summary"


class EncoderSuite(ModelPartSuite):
    """What is expected of an encoder; `docs/plugin_hooks.md` says what it is."""

    kind = "encoder"

    def test_memory_is_zero_on_padding(self, model: SmallModel, framework: str) -> None:
        """So that what comes after it need not know where a source ends."""
        memory = model.alone(framework)("encode", inputs=_inputs(), lengths=LENGTHS)["memory"]
        greatest = np.abs(memory[~REAL]).max()
        assert greatest == 0, f"memory is not zero behind the end of a source: up to {greatest}"

    def test_sources_are_encoded_apart(self, model: SmallModel, framework: str) -> None:
        """Memory and summary of a source are its own, whatever else is in the batch and however far it is padded."""
        encoder, inputs = model.alone(framework), _inputs()
        together = encoder("encode", inputs=inputs, lengths=LENGTHS)
        for row, length in enumerate(LENGTHS):
            one = slice(row, row + 1)
            alone = encoder("encode", inputs=inputs[one, :length], lengths=LENGTHS[one])
            claim = f"of source {row}, {length} of 8 symbols, is what it is alone"
            assert_close(together["memory"][one, :length], alone["memory"], f"the memory {claim}")
            assert_close(together["summary"][one], alone["summary"], f"the summary {claim}")

    def test_padding_changes_nothing(self, model: SmallModel, framework: str) -> None:
        """Only the lengths say where a source ends; what stands behind it is never read."""
        encoder, inputs = model.alone(framework), _inputs()
        other = np.where(REAL[..., None], inputs, 7).astype(np.float32)
        found, expected = (encoder("encode", inputs=values, lengths=LENGTHS) for values in (other, inputs))
        for what in OUTPUTS:
            assert_close(found[what], expected[what], f"the {what} does not depend on what stands behind the end")

    def test_every_symbol_is_remembered(self, model: SmallModel, framework: str) -> None:
        """A source's memory depends on its last symbol as on its first, so the length is not one too short."""
        encoder, inputs = model.alone(framework), _inputs()
        before = encoder("encode", inputs=inputs, lengths=LENGTHS)["memory"]
        for row, length in enumerate(LENGTHS):
            for position in (0, length - 1):
                changed = inputs.copy()
                changed[row, position] += 1
                after = encoder("encode", inputs=changed, lengths=LENGTHS)["memory"]
                assert np.abs(after[row] - before[row]).max() > 0, (
                    f"the memory of a source of {length} does not depend on its symbol {position}"
                )


def _inputs() -> np.ndarray:
    """Sources (B, S, E); none of what stands on padding is zero, as a trained embedding of PAD is not."""
    return draw(*REAL.shape, EMBEDDING_SIZE)
