"""What the probed copy of a file shows is what the model computes, and its own outputs stay what they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from s2s_onnx.translator import Translator
from s2s_onnx.verification.inside import inside_of_stepper
from s2s_onnx.verification.probing import ProbedFile, probed
from s2s_toolkit.batches import make_batch
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.loading import load_model
from s2s_toolkit.reference import NumpyStepper
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL

PAIRS = [Pair("abcé", "uv w x"), Pair("", "né z y für w"), Pair("gab a", "")]
STRATEGIES = {"greedy": {}, "beam": {"beam_size": 3, "n_best": 2}, "sample": {"num_samples": 2, "seed": 5}}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_given_targets_are_followed_by_the_first_row(
    exported: Callable[..., Path], run: Run, registry: Registry, strategy: str
) -> None:
    model = load_model(run, registry, "numpy")
    batch = make_batch([(run.source.encode(pair.source), run.target.encode(pair.target)) for pair in PAIRS])
    found = ProbedFile(Translator(exported(strategy, **STRATEGIES[strategy])))(PAIRS, batch)
    logits, attention = model.teacher_forced(batch)
    np.testing.assert_allclose(found.memory, model.encode(batch.source_ids, batch.source_lengths), atol=1e-5)
    real, symbols = batch.target_mask, [1, *range(3, logits.shape[-1])]  # a file rules out PAD and BOS
    np.testing.assert_allclose(found.logits[real][:, symbols], logits[real][:, symbols], atol=1e-5)
    np.testing.assert_allclose(found.attention[real], attention[real], atol=1e-5)


def test_a_model_stepped_from_outside_is_looked_into_alike(run: Run, registry: Registry) -> None:
    class WithEncoder(NumpyStepper):
        """The reference, which shows its memory as the steps form does."""

        def encode(self, source_ids, source_lengths):
            return self.model.encode(source_ids, source_lengths)[0]

    model = load_model(run, registry, "numpy")
    batch = make_batch([(run.source.encode(pair.source), run.target.encode(pair.target)) for pair in PAIRS])
    stepper = model.stepper()
    found = inside_of_stepper(WithEncoder(stepper.model, stepper.vocabulary_size))(PAIRS, batch)
    logits, attention = model.teacher_forced(batch)
    np.testing.assert_array_equal(found.memory, model.encode(batch.source_ids, batch.source_lengths))
    np.testing.assert_array_equal(found.logits, logits)
    np.testing.assert_array_equal(found.attention, attention)


def test_a_probed_file_gives_what_it_gave(exported: Callable[..., Path]) -> None:
    path = exported("beam", beam_size=3, n_best=2)
    copy = probed(onnx.load(path), str(path)).SerializeToString()
    feed = {"source": np.array(["abc", "dé"], object)}
    sessions = (onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]) for graph in (str(path), copy))
    before, after = (
        dict(zip([value.name for value in session.get_outputs()], session.run(None, feed), strict=True))
        for session in sessions
    )
    assert after.keys() - before.keys() == {"memory", "step_logits"}
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])
    assert after["step_logits"].shape == (before["ids"].shape[2], 2 * 3, 7 + len(SPECIAL))


@pytest.mark.parametrize("name", ["memory", "logits"])
def test_a_graph_that_names_no_inner_values_is_refused(exported: Callable[..., Path], name: str) -> None:
    model = onnx.load(exported("greedy"))
    renamed = model.SerializeToString().replace(name.encode(), name[::-1].encode())
    with pytest.raises(ModelFileError, match=f"names no '{name}'; export it again"):
        probed(onnx.load_model_from_string(renamed), "model.onnx")
