"""Decoding strategies that each fail the test they are called like; the summary is what the failure says."""

import math
from dataclasses import replace

import numpy as np

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.contract import NEVER
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.symbols import EOS, PAD, UNK


class SettingWithoutEnd(Greedy):
    def __init__(self, *, sharpness: float = math.inf) -> None:
        super().__init__()
        self.settings = {"sharpness": sharpness}


class SettingWithoutOption(Greedy):
    def __init__(self) -> None:
        super().__init__()
        self.settings = {"sharpness": 1.0}


class Growing(Greedy):
    """It carries every symbol that it has chosen."""

    def start(self, xp, source_ids):
        return super().start(xp, source_ids) | {"chosen": source_ids[:, :1]}

    def advance(self, xp, step, search, settings):
        found = super().advance(xp, step, search, settings)
        return replace(found, search=found.search | {"chosen": xp.concat([search["chosen"], found.ids], axis=1)})


class Fixed(Greedy):
    """It chooses one symbol, whatever the model says."""

    symbol: int

    def advance(self, xp, step, search, settings):
        found = super().advance(xp, step, search, settings)
        return replace(found, ids=xp.zeros_like(found.ids) + self.symbol)


class ChoosesPadding(Fixed):
    symbol = PAD


class EndsAtOnce(Fixed):
    symbol = EOS


class NeverKnows(Fixed):
    symbol = UNK


class GoesOn(Greedy):
    """It forgets that a target has ended."""

    def advance(self, xp, step, search, settings):
        return super().advance(xp, step, search | {"finished": search["scores"] > 0}, settings)


class DoneUntilFinished(Greedy):
    def done(self, xp, search, settings):
        return xp.logical_not(super().done(xp, search, settings))


class DoneTooEarly(Greedy):
    def done(self, xp, search, settings):
        return xp.all(search["scores"] <= 0, axis=-1)


class FindsNothing(Greedy):
    def finish(self, xp, search, settings):
        rows, scores = super().finish(xp, search, settings)
        return rows, scores + NEVER


class WorstFirst(BeamSearch):
    def __init__(self, *, length_penalty: float = 0.0) -> None:
        super().__init__(beam_size=4, n_best=3, length_penalty=length_penalty)

    def finish(self, xp, search, settings):
        return tuple(array[:, ::-1] for array in super().finish(xp, search, settings))


class ScoresTheBatch(Greedy):
    def finish(self, xp, search, settings):
        rows, scores = super().finish(xp, search, settings)
        return rows, scores - scores.shape[0]


class ScoresThePadding(Greedy):
    def start(self, xp, source_ids):
        search = super().start(xp, source_ids)
        return search | {"scores": search["scores"] - source_ids.shape[1]}


class Remembers(Greedy):
    """It scores each call lower than the one before."""

    def start(self, xp, source_ids):
        self.calls = getattr(self, "calls", 0) + 1
        search = super().start(xp, source_ids)
        return search | {"scores": search["scores"] - self.calls}


class PenaltyOfItsOwn(BeamSearch):
    """It asks itself where it should ask the call."""

    def __init__(self, *, length_penalty: float = 1.0) -> None:
        super().__init__(length_penalty=length_penalty)
        self.own = {"length_penalty": np.float32(length_penalty)}

    def finish(self, xp, search, settings):
        rows, scores = super().finish(xp, search, settings)
        return rows, scores - self.own["length_penalty"]


class KnowsNumpy(Greedy):
    """It scores other arrays than numpy's otherwise."""

    def finish(self, xp, search, settings):
        rows, scores = super().finish(xp, search, settings)
        return rows, scores if isinstance(scores, np.ndarray) else scores - 1.0


BROKEN = {
    "test_attributes": (SettingWithoutEnd, "the default of 'sharpness' is inf"),
    "test_settings_are_options": (SettingWithoutOption, "'sharpness' is no option"),
    "test_search_keeps_its_shapes": (Growing, "`advance` gives 'chosen' of shape"),
    "test_choices_are_symbols_and_rows": (ChoosesPadding, "PAD or BOS is chosen"),
    "test_finished_rows_go_on_with_their_end": (GoesOn, "a symbol follows the end of a target"),
    "test_done_stays_true": (DoneUntilFinished, "a source that was done is not any more"),
    "test_results_of_a_done_source_stay": (DoneTooEarly, "results changed after `done`"),
    "test_every_source_has_results": (FindsNothing, "the best result stands for no target"),
    "test_results_are_best_first": (WorstFirst, "the scores are not in order"),
    "test_lengths_are_kept": (EndsAtOnce, "and its end are shorter than"),
    "test_prefixes_are_kept": (NeverKnows, "does not begin with"),
    "test_batched_equals_single": (ScoresTheBatch, "in a batch it is not as alone"),
    "test_padding_changes_nothing": (ScoresThePadding, "with more padding it is not as before"),
    "test_one_seed_gives_one_result": (Remembers, "the second time it is not as the first"),
    "test_settings_change_from_call_to_call": (PenaltyOfItsOwn, "does not do what the option does"),
    "test_frameworks_choose_alike": (KnowsNumpy, "scores in torch, as in numpy"),
    "test_exported_file_decodes_alike": (KnowsNumpy, "disagree"),
}


@hookimpl
def s2s_decoding_strategies():
    return [Component(test, ANY, f"{__name__}:{part.__name__}", said) for test, (part, said) in BROKEN.items()]
