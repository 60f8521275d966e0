"""The conformance suite of decoding strategies."""

import math
from pathlib import Path

import numpy as np
from hypothesis import given

from s2s_toolkit.loading import load_translator
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import IMPOSSIBLE
from s2s_toolkit.strategies.lengths import LENGTHS
from s2s_toolkit.symbols import BOS, EOS, PAD
from s2s_toolkit.testing.agreement import assert_close, assert_typed
from s2s_toolkit.testing.decoding_calls import NUM_SYMBOLS, Call, Results, assert_same, calls, each_call, results_of
from s2s_toolkit.testing.repeatable import REPEATABLE
from s2s_toolkit.testing.requirements import onnx_exporter
from s2s_toolkit.testing.strategy_suite import StrategySuite
from s2s_toolkit.testing.untrained_runs import TEXTS, assert_translations_agree, write_run
from s2s_toolkit.testing.watched_search import watch

PREFIXES = ["t1 t2", "", "t3", "t9999", "t4 t4 t4"]
"""What the targets of `TEXTS` begin with; one has an unknown symbol."""


class DecodingStrategySuite(StrategySuite):
    """What is expected of a decoding strategy; `s2s_toolkit.strategies.contract` says what it is.

    It chooses among what random models say, at other lengths and after other prefixes in each example.
    """

    def test_attributes(self, registry: Registry) -> None:
        """`rows` and `num_results` are counts, the defaults of `settings` finite numbers."""
        strategy = self.strategy(registry)
        for name in ("rows", "num_results"):
            assert type(getattr(strategy, name)) is int, f"{name} is no integer"
            assert getattr(strategy, name) >= 1, f"{name} is less than 1"
        for setting, default in strategy.settings.items():
            assert type(default) in (int, float), f"the default of {setting!r} is neither int nor float: {default!r}"
            assert math.isfinite(default), f"the default of {setting!r} is {default}"
            assert setting not in LENGTHS, f"every strategy has {setting!r} without its doing"

    def test_settings_are_options(self, registry: Registry) -> None:
        """A setting's default is what the option of its name was: a config can choose it too."""
        strategy = self.strategy(registry)
        for setting in strategy.settings:
            assert setting in option_parameters(type(strategy)), f"{setting!r} is no option"
            value, changed = self.other(registry, setting)
            assert changed.settings[setting] == value, f"option {setting!r} does not become the setting's default"

    @each_call
    def test_search_keeps_its_shapes(self, framework: str, registry: Registry, call: Call) -> None:
        """Sources on axis 0 of every array that it carries, and the same names, shapes and types after each step."""
        first, moments = watch(self.strategy(registry), call, self.namespace(framework, registry))
        for name, array in first.items():
            shape = array.shape
            assert shape[:1] == (len(call.sources),), f"{name!r} has no source on axis 0: {shape}"
        expected = {name: (array.shape, array.dtype) for name, array in first.items()}
        for moment in moments:
            found = {name: (array.shape, array.dtype) for name, array in moment.search.items()}
            assert found == expected, "names, shapes or types of what is carried have changed"

    @each_call
    def test_choices_are_symbols_and_rows(self, registry: Registry, call: Call) -> None:
        """Ids (B, K) are in the vocabulary and neither PAD nor BOS; parents (B, K) are rows of their source."""
        strategy = self.strategy(registry)
        shape, size = (len(call.sources), strategy.rows), call.model(strategy).vocabulary_size
        for moment in watch(strategy, call.unbound())[1]:
            for what, chosen, count in (("ids", moment.ids, size), ("parents", moment.parents, strategy.rows)):
                assert_typed(chosen, shape, np.int64, what)
                assert chosen.min() >= 0, f"{what} below 0"
                assert chosen.max() < count, f"{what} above {count - 1}"
            assert not np.isin(moment.ids, [PAD, BOS]).any(), "PAD or BOS is chosen"

    @each_call
    def test_finished_rows_go_on_with_their_end(self, registry: Registry, call: Call) -> None:
        """A target ends once: nothing but EOS follows an EOS."""
        for moment in watch(self.strategy(registry), call)[1]:
            ended = np.cumsum(moment.targets == EOS, axis=-1) > 0
            assert (moment.targets[ended] == EOS).all(), "a symbol follows the end of a target"

    @each_call
    def test_done_stays_true(self, registry: Registry, call: Call) -> None:
        """`done` says of each source (B,) whether it is settled, and settled it stays."""
        before = np.zeros(len(call.sources), np.bool_)
        for moment in watch(self.strategy(registry), call)[1]:
            assert_typed(moment.done, before.shape, np.bool_, "done")
            assert moment.done[before].all(), "a source that was done is not any more"
            before = moment.done

    @each_call
    def test_results_of_a_done_source_stay(self, registry: Registry, call: Call) -> None:
        """The search may go on for other sources; the results of one that is done are what they were."""
        settled: dict[int, Results] = {}
        for moment in watch(self.strategy(registry), call)[1]:
            for source in np.flatnonzero(moment.done).tolist():
                found = moment.results(source)
                assert_same([found], [settled.setdefault(source, found)], "results changed after `done`")

    @each_call
    def test_every_source_has_results(self, registry: Registry, call: Call) -> None:
        """`finish` gives rows (B, N) and finite scores (B, N), the first of a target that there is."""
        strategy = self.strategy(registry)
        shape = len(call.sources), strategy.num_results
        for moment in watch(strategy, call)[1]:
            assert_typed(moment.rows, shape, np.int64, "rows")
            assert_typed(moment.scores, shape, np.float32, "scores")
            assert ((moment.rows >= 0) & (moment.rows < strategy.rows)).all(), "rows that there are not"
            assert np.isfinite(moment.scores).all(), "a score is not finite"
            assert (moment.scores[:, 0] > IMPOSSIBLE).all(), "the best result stands for no target"

    @each_call
    def test_results_are_best_first(self, registry: Registry, call: Call) -> None:
        """Scores fall, among the targets that ended and among those cut off at the greatest length."""
        found = call.decode(self.strategy(registry))
        ended = found.lengths < found.ids.shape[2]
        for scores, is_ended in zip(found.scores, ended, strict=True):
            for alike in (scores[is_ended], scores[~is_ended]):
                assert (np.diff(alike) <= 0).all(), f"the scores are not in order: {alike}"

    @each_call
    def test_lengths_are_kept(self, registry: Registry, call: Call) -> None:
        """No target is longer than `max_length` or shorter than `min_length`, its end counted."""
        for results in results_of(call.decode(self.strategy(registry))):
            for target, _ in results:
                assert len(target) <= call.max_length, f"{target} is longer than {call.max_length}"
                assert len(target) + 1 >= call.min_length, f"{target} and its end are shorter than {call.min_length}"

    @each_call
    def test_prefixes_are_kept(self, registry: Registry, call: Call) -> None:
        """Each target begins with the prefix of its source."""
        for prefix, results in zip(call.prefixes, results_of(call.decode(self.strategy(registry))), strict=True):
            for target, _ in results:
                assert target[: len(prefix)] == prefix, f"{target} does not begin with {prefix}"

    @each_call
    def test_batched_equals_single(self, registry: Registry, call: Call) -> None:
        """What is found for a source does not depend on the others of its batch."""
        strategy = self.strategy(registry)
        alone = [results_of(single.decode(strategy))[0] for single in call.single()]
        assert_same(results_of(call.decode(strategy)), alone, "in a batch it is not as alone")

    @each_call
    def test_padding_changes_nothing(self, registry: Registry, call: Call) -> None:
        """What is found for a source does not depend on how far it is padded."""
        strategy = self.strategy(registry)
        further = results_of(call.decode(strategy, padding=3))
        assert_same(further, results_of(call.decode(strategy)), "with more padding it is not as before")

    @REPEATABLE
    @given(call=calls(), other=calls())
    def test_one_seed_gives_one_result(self, registry: Registry, call: Call, other: Call) -> None:
        """Nothing is drawn but from the options, and nothing is remembered from another call."""
        strategy, twin = self.strategy(registry), self.strategy(registry)
        expected = results_of(call.decode(strategy))
        other.decode(strategy)
        assert_same(results_of(call.decode(strategy)), expected, "the second time it is not as the first")
        assert_same(results_of(call.decode(twin)), expected, "two strategies of the same options differ")

    @each_call
    def test_settings_change_from_call_to_call(self, registry: Registry, call: Call) -> None:
        """A setting that a call changes does what the option of its name does, for that call alone."""
        strategy = self.strategy(registry)
        usual = results_of(call.decode(self.strategy(registry)))
        for setting in strategy.settings:
            value, made_so = self.other(registry, setting)
            changed, expected = results_of(call.decode(strategy, {setting: value})), results_of(call.decode(made_so))
            assert_same(changed, expected, f"setting {setting} = {value} does not do what the option does")
            assert_same(results_of(call.decode(strategy)), usual, f"setting {setting} outlasts its call")

    @each_call
    def test_frameworks_choose_alike(self, another_framework: str, registry: Registry, call: Call) -> None:
        """On the same numbers, each framework's arrays give what numpy's give, in the same types."""
        strategy = self.strategy(registry)
        _, expected = watch(strategy, call)
        _, found = watch(strategy, call, self.namespace(another_framework, registry))
        for one, other in zip(found, expected, strict=True):
            for name in ("ids", "parents", "done", "rows", "scores"):
                array, wanted = getattr(one, name), getattr(other, name)
                assert array.dtype == wanted.dtype, f"{name} are {array.dtype} in {another_framework}"
                assert_close(array.astype(float), wanted.astype(float), f"{name} in {another_framework}, as in numpy")

    def test_exported_file_decodes_alike(self, registry: Registry, tmp_path: Path) -> None:
        """The file that `s2s export` writes finds what the run finds, whatever a call sets, and after prefixes."""
        strategy, exporter = self.strategy(registry), onnx_exporter(registry)
        symbols = (f"t{number}" for number in range(max(NUM_SYMBOLS, strategy.rows + 12)))
        run, path = write_run(tmp_path / "run", registry, target_symbols=symbols), tmp_path / "model.onnx"
        exporter.export(run, path, registry, framework="", strategy=self.name, options=self.options)
        changes: list[dict[str, int | float]] = [{}, {"min_length": 5}, {"max_length": 4}]
        changes += [{setting: self.other(registry, setting)[0]} for setting in strategy.settings]
        for changed in changes:
            model = load_translator(run, registry, strategy=self.name, options={**self.options, **changed})
            file = exporter.open(path, registry, changed, device="cpu")
            for prefixes in ([], PREFIXES):
                assert_translations_agree(file(TEXTS, prefixes), model(TEXTS, prefixes), f"the file, {changed}")
