"""The conformance suite of attention scorers."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from s2s_toolkit.testing.agreement import assert_close
from s2s_toolkit.testing.model_parts import ModelPartSuite
from s2s_toolkit.testing.small_model import SmallModel, draw

B, T, S = 3, 4, 5


class AttentionScorerSuite(ModelPartSuite):
    """What is expected of an attention scorer; `docs/plugin_hooks.md` says what it is.

    Attributes:
        query_size: Size of the queries, Q, for a scorer that takes not just any.
        memory_size: Size of a memory position, M, likewise; one that needs one size for both says
            `query_size = AttentionScorerSuite.memory_size`.
    """

    kind = "attention scorer"
    settable = frozenset({"query_size", "memory_size"})

    query_size: ClassVar[int] = 7
    memory_size: ClassVar[int] = 6

    @classmethod
    def _beside(cls) -> Mapping[str, Mapping[str, Any]]:
        beside = super()._beside()
        return {
            "encoder": {**beside["encoder"], "size": cls.memory_size},
            "decoder": {**beside["decoder"], "size": cls.query_size},
        }

    def test_queries_are_scored_apart(self, model: SmallModel, framework: str) -> None:
        """Training scores all steps of a target at once, decoding one at a time; both give the same."""
        scorer, query = model.alone(framework), draw(B, T, self.query_size, seed=1)
        keys = scorer("keys", memory=draw(B, S, self.memory_size, seed=2))["keys"]
        scores = scorer("score", query=query, keys=keys)["scores"]
        for step in range(T):
            alone = scorer("score", query=query[:, step : step + 1], keys=keys)["scores"]
            assert_close(scores[:, step : step + 1], alone, f"query {step} of {T} has the scores that it has alone")

    def test_sources_are_scored_apart(self, model: SmallModel, framework: str) -> None:
        """Keys and scores of a source are its own, whatever else is in the batch."""
        scorer, query, memory = model.alone(framework), draw(B, T, self.query_size), draw(B, S, self.memory_size)
        keys = scorer("keys", memory=memory)["keys"]
        scores = scorer("score", query=query, keys=keys)["scores"]
        for row in range(B):
            one = slice(row, row + 1)
            own_keys = scorer("keys", memory=memory[one])["keys"]
            own_scores = scorer("score", query=query[one], keys=own_keys)["scores"]
            assert_close(keys[one], own_keys, f"source {row} of {B} has the keys that it has alone")
            assert_close(scores[one], own_scores, f"source {row} of {B} has the scores that it has alone")

    def test_padding_changes_no_keys_and_no_scores(self, model: SmallModel, framework: str) -> None:
        """Zeros behind the end of a memory, which is how an encoder pads, change nothing before it."""
        scorer, query, memory = model.alone(framework), draw(B, T, self.query_size), draw(B, S, self.memory_size)
        padded = np.concatenate([memory, np.zeros_like(memory)], axis=1)  # (B, 2S, M)
        keys, padded_keys = (scorer("keys", memory=values)["keys"] for values in (memory, padded))
        scores, padded_scores = (scorer("score", query=query, keys=k)["scores"] for k in (keys, padded_keys))
        assert_close(padded_keys[:, :S], keys, "padding behind a source leaves its keys as they are")
        assert_close(padded_scores[..., :S], scores, "padding behind a source leaves its scores as they are")
