"""The rule of the loss scale, by hand and without a framework."""

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.loss_scale import LossScale, loss_scale


def test_it_is_doubled_after_so_many_finite_gradients_in_a_row() -> None:
    scale, factors = LossScale(8.0, interval=3), []
    for _ in range(7):
        scale = scale.after(finite=True)
        factors.append(scale.factor)
    assert factors == [8, 8, 16, 16, 16, 32, 32]


def test_it_is_halved_at_once_and_counts_anew() -> None:
    scale, factors = LossScale(8.0, interval=3), []
    for finite in (True, True, False, True, True, False, False, True, True, True):
        scale = scale.after(finite=finite)
        factors.append(scale.factor)
    assert factors == [8, 8, 4, 4, 4, 2, 1, 1, 1, 2]


def test_a_gradient_that_is_not_finite_without_a_scale_ends_the_training() -> None:
    with pytest.raises(S2SError, match=r"^training diverged: .* set training.precision to bf16 or fp32, or a lower"):
        LossScale(1.0).after(finite=False)


def test_it_goes_on_from_its_state_and_begins_anew_without_one() -> None:
    scale = LossScale().after(finite=False).after(finite=True)
    assert (scale.factor, scale.good_steps) == (2**15, 1)
    assert LossScale.restored(scale.state()) == scale
    assert LossScale.restored({}) == LossScale()


def test_only_fp16_needs_one() -> None:
    assert [loss_scale(precision) for precision in ("fp32", "bf16", "fp16")] == [None, None, LossScale()]
