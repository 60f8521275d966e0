"""Learning rates by hand, for every schedule."""

import math

import pytest

from s2s_toolkit.config_sections import ScheduleName, TrainingConfig
from s2s_toolkit.training.resumption import Progress
from s2s_toolkit.training.schedules import SCHEDULES, Moment, learning_rate


def rates(moments: list[Moment], **options: object) -> list[float]:
    config = TrainingConfig.model_validate({"learning_rate": 0.8, "max_epochs": 4, **options})
    return [learning_rate(config, moment) for moment in moments]


def at_steps(*steps: int) -> list[Moment]:
    return [Moment(step=step) for step in steps]


def at_epochs(*epochs: float) -> list[Moment]:
    return [Moment(epochs=passed) for passed in epochs]


def test_constant_stays() -> None:
    assert rates([Moment(), Moment(700, 3.5, 2)]) == [0.8, 0.8]


def test_cosine_falls_along_half_a_wave() -> None:
    found = rates(at_epochs(0, 1, 2, 3, 4), schedule="cosine")
    assert found == pytest.approx([0.8, 0.4 + 0.4 * math.sqrt(0.5), 0.4, 0.4 - 0.4 * math.sqrt(0.5), 0], abs=1e-12)


def test_cosine_ends_with_the_nearer_limit() -> None:
    moments = [Moment(step=10, epochs=1), Moment(step=20, epochs=2)]
    assert rates(moments, schedule="cosine", max_steps=20) == pytest.approx([0.4, 0], abs=1e-12)
    assert rates(moments, schedule="cosine", max_steps=1000)[1] == pytest.approx(0.4)


def test_cosine_stays_at_zero_where_a_run_goes_on_longer_than_it_should() -> None:
    assert rates(at_epochs(6), schedule="cosine") == pytest.approx([0], abs=1e-12)


def test_inverse_sqrt_falls_with_the_root_from_the_end_of_the_warm_up() -> None:
    found = rates(at_steps(0, 1, 3, 15, 63), schedule="inverse_sqrt", warmup_steps=4)
    assert found == pytest.approx([0.2, 0.4, 0.8, 0.4, 0.2])


def test_inverse_sqrt_without_warm_up_falls_from_the_first_step() -> None:
    assert rates(at_steps(0, 3, 24), schedule="inverse_sqrt") == pytest.approx([0.8, 0.4, 0.16])


def test_step_falls_every_so_many_epochs_and_never_within_one() -> None:
    found = rates(at_epochs(0, 1.99, 2, 3.5, 4), schedule="step", decay=0.25, decay_every=2)
    assert found == pytest.approx([0.8, 0.8, 0.2, 0.2, 0.05])


def test_plateau_falls_each_time_that_nothing_got_better() -> None:
    moments = [Moment(decays=decays) for decays in (0, 1, 3)]
    assert rates(moments, schedule="plateau", decay=0.5) == pytest.approx([0.8, 0.4, 0.1])


def test_a_plateau_is_met_anew_after_as_many_validations_again() -> None:
    progress, decays = Progress(), []
    for better in (True, False, False, False, False, False, False, True, False, False, False):
        progress.count_validation(1.0, better=better, decay_patience=3)
        decays.append(progress.decays)
    assert decays == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_warms_up_from_nothing_in_equal_steps(schedule: ScheduleName) -> None:
    found = rates(at_steps(0, 1, 2, 3), schedule=schedule, warmup_steps=4)
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.8])
