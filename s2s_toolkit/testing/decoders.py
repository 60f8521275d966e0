"""The conformance suite of decoders."""

from collections.abc import Mapping

import numpy as np

from s2s_toolkit.parts.functions import Arrays, Counts, example_inputs
from s2s_toolkit.testing.agreement import assert_close, differ
from s2s_toolkit.testing.alone import Alone
from s2s_toolkit.testing.model_parts import ModelPartSuite
from s2s_toolkit.testing.small_model import SmallModel, batch

B, S, COPIES = 3, 5, 4
COUNTS = Counts(B=B, S=S, T=1)


class DecoderSuite(ModelPartSuite):
    """What is expected of a decoder; `docs/plugin_hooks.md` says what it is."""

    kind = "decoder"

    def test_state_keeps_names_shapes_and_types(self, model: SmallModel, framework: str) -> None:
        """From step to step, with the batch on axis 0."""
        decoder = model.alone(framework)
        given = _given(decoder)
        first = _state(decoder("start", **given["start"]), "state")
        for name, array in first.items():
            assert array.shape[:1] == (B,), f"state {name!r} has shape {array.shape}; a batch of {B} comes first"
        second = _state(decoder("step", **given["step"]), "next")
        third = _state(decoder("step", **_following(given["step"], second)), "next")
        for step, state in enumerate((second, third), 1):
            for name, array in first.items():
                old, new = (f"{a.dtype} {a.shape}" for a in (array, state[name]))
                assert new == old, f"state {name!r} is {old} at first, and {new} after step {step}"

    def test_sources_are_decoded_apart(self, model: SmallModel, framework: str) -> None:
        """First state, readout and next state of a row are its own, whatever else is in the batch."""
        decoder = model.alone(framework)
        given = _given(decoder)
        for function, inputs in given.items():
            together = decoder(function, **inputs)
            for row in range(B):
                one = slice(row, row + 1)
                alone = decoder(function, **{name: array[one] for name, array in inputs.items()})
                for name, array in together.items():
                    assert_close(array[one], alone[name], f"`{function}` gives row {row} the {name} that it has alone")

    def test_first_state_depends_on_the_summary(self, model: SmallModel, framework: str) -> None:
        """Else the encoder's summary would be computed for nothing."""
        decoder = model.alone(framework)
        summary = _given(decoder)["start"]["summary"]
        first, other = (decoder("start", summary=values) for values in (summary, summary + 1))
        assert any(differ(first[name], other[name]) for name in first), "no entry of the first state depends on it"

    def test_readout_depends_on_the_previous_symbol(self, model: SmallModel, framework: str) -> None:
        """In the same step or in the next."""
        assert self._changes(model.alone(framework), "previous"), "the readout is the same whatever symbol came before"

    def test_readout_depends_on_the_context(self, model: SmallModel, framework: str) -> None:
        """On what `attend` finds in the memory, in the same step or in the next."""
        decoder = model.alone(framework)
        assert "attend_query" in decoder("step", **_given(decoder)["step"]), "`step` never calls `attend`"
        assert self._changes(decoder, "attend_context"), "the readout is the same whatever `attend` finds"

    def test_attention_is_that_of_attend(self, model: SmallModel, framework: str) -> None:
        """What `step` returns beside the readout is what `attend` returned beside the context."""
        decoder = model.alone(framework)
        step = _given(decoder)["step"]
        assert_close(decoder("step", **step)["attention"], step["attend_attention"], "attention is that of `attend`")

    def test_copies_go_on_as_one(self, model: SmallModel, framework: str) -> None:
        """A beam starts with several rows for each source, which are alike until their symbols differ."""
        stepper, given = model.model(framework).stepper(), batch()
        single, copied = (stepper.start(given.source_ids, given.source_lengths, copies) for copies in (1, COPIES))
        for step in range(2):
            previous = given.target_in[:, step]
            logits, _, single = stepper.step(previous, single)
            found, _, copied = stepper.step(np.repeat(previous, COPIES), copied)
            assert_close(found, np.repeat(logits, COPIES, axis=0), f"{COPIES} copies of a row give its logits")

    def test_rows_of_a_beam_are_independent(self, model: SmallModel, framework: str) -> None:
        """A beam reorders the rows of a source; each goes on as it would have elsewhere."""
        stepper, given = model.model(framework).stepper(), batch()
        rows = len(given.source_ids) * COPIES
        _, _, state = stepper.step(
            np.arange(rows) % 7 + 4, stepper.start(given.source_ids, given.source_lengths, COPIES)
        )
        order = np.arange(rows) ^ 1
        logits, _, _ = stepper.step(np.full(rows, 4), state)
        found, _, _ = stepper.step(np.full(rows, 4), stepper.select(state, order))
        assert_close(found, logits[order], "a row that was moved goes on with its own state")

    def _changes(self, decoder: Alone, name: str) -> bool:
        """Whether the readouts of two steps depend on an input of the first."""
        step = _given(decoder)["step"]
        one, other = (_readouts(decoder, inputs, step) for inputs in (step, {**step, name: step[name] + 1}))
        return differ(one, other)


def _given(decoder: Alone) -> Mapping[str, Arrays]:
    """Inputs for `start` and for `step`."""
    return example_inputs("decoder", decoder.sizes, COUNTS, decoder.run)


def _readouts(decoder: Alone, first: Arrays, second: Arrays) -> np.ndarray:
    """Of a step and of the one after it: (2, B, R)."""
    found = decoder("step", **first)
    following = decoder("step", **_following(second, _state(found, "next")))
    return np.stack([found["readout"], following["readout"]])


def _state(outputs: Arrays, prefix: str) -> Arrays:
    start = f"{prefix}_"
    return {name.removeprefix(start): array for name, array in outputs.items() if name.startswith(start)}


def _following(step: Arrays, state: Arrays) -> Arrays:
    """The inputs of a step with another state."""
    return {**step, **{f"state_{name}": array for name, array in state.items()}}
