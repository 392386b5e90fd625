"""Doubling the steps of Integrated Gradients until its shares add up, on answers known by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mtlbus.explain.attributions import Completeness
from mtlbus.explain.options import Options
from mtlbus.explain.refinement import adds_up, doublings, halvings, hopeless, refine

from .toys import Linear, OfGrey, Toy, ask

GREY = torch.tensor([[0.8, 0.3], [0.5, 0.1]])
BLACK = Options(baseline="black", steps=2)


def tries(function, options: Options = BLACK, **more):
    subject = ask(Toy(OfGrey(function), 2), GREY)
    return list(refine(subject, options, **more))


def test_a_linear_network_adds_up_at_once():
    toy = Toy(Linear(torch.randn(2, 3, 2, 2, generator=torch.Generator().manual_seed(1))), 2)
    for steps in (2, 7):
        ((options, found),) = refine(ask(toy, GREY), Options(steps=steps), within=1e-5)
        assert options.steps == steps and found.completeness.share < 1e-5


def test_a_rectifier_by_hand():
    """F = relu(a − 0.16) from black to a = 0.8: the gradient is 0 up to a fifth of the way.

    It should be 0.64. Of n steps those count whose middle lies beyond: both of two, three of four
    (not the one at 1/8), six of eight (not 1/16 and 3/16), 13 of sixteen (not 1/32, 3/32, 5/32).
    """

    def bent(grey):
        return torch.relu(grey[:, 0, 0] - 0.16)

    found = tries(bent)
    assert [options.steps for options, _ in found] == [2, 4, 8, 16]
    totals = [attribution.completeness.total for _, attribution in found]
    assert totals == pytest.approx([0.8, 0.8 * 3 / 4, 0.8 * 6 / 8, 0.8 * 13 / 16])
    assert all(a.completeness.change == pytest.approx(0.64) for _, a in found)
    np.testing.assert_allclose(found[-1][1].square, [[0.65, 0], [0, 0]], rtol=1e-5)
    assert [options.steps for options, _ in tries(bent, within=0.07)] == [2, 4]


def test_a_jump_is_never_made_up_for():
    """The gradient of a step is 0 everywhere: the shares stay at 0.8, the change is 1.8."""
    jump = lambda grey: grey[:, 0, 0] + (grey[:, 0, 0] > 0.4).float()  # noqa: E731
    found = tries(jump)
    assert [options.steps for options, _ in found] == [2, 4, 8]
    for _, attribution in found:
        assert attribution.completeness == pytest.approx((0.8, 1.8))


def test_a_bend_and_a_jump_by_hand():
    """F = relu(a − 0.16) + [a > 0.4]: 1.64 in all, of which the gradient sees the 0.64.

    Two steps find 0.8 of it, four and eight 0.6 (see above), so the error even grows at first.
    """

    def broken(grey):
        return torch.relu(grey[:, 0, 0] - 0.16) + (grey[:, 0, 0] > 0.4).float()

    found = tries(broken)
    assert [options.steps for options, _ in found] == [2, 4, 8]
    errors = [attribution.completeness.error for _, attribution in found]
    assert errors == pytest.approx([-0.84, -1.04, -1.04])


def errors_of(*errors: float) -> list[SimpleNamespace]:
    return [SimpleNamespace(completeness=Completeness(2 + error, 2)) for error in errors]


@pytest.mark.parametrize(
    ("errors", "given_up"),
    [
        ((0.5,), False),
        ((0.5, 0.5), False),
        ((0.5, 0.5, 0.5), True),
        ((0.5, -0.5, 0.6), True),  # the size counts, and worse is no better
        ((0.5, 0.48, 0.46), True),  # each a twentieth
        ((0.5, 0.48, 0.42), False),  # an eighth at last
        ((0.5, 0.42, 0.41), False),  # only one in a row
        ((0.5, 0.5, 0.5, 0.2), False),  # the last ones count
    ],
)
def test_two_doublings_in_a_row_must_have_been_in_vain(errors, given_up):
    assert hopeless(errors_of(*errors)) is given_up


def test_where_the_answer_does_not_change_nothing_is_missing():
    ((_, found),) = tries(lambda grey: 0 * grey[:, 0, 0] + 3)
    assert found.completeness == (0, 0) and adds_up(found)


def test_doublings_end_at_the_limit_and_keep_the_rest():
    assert [o.steps for o in doublings(Options(steps=24, baseline="black"))] == [48, 96, 192]
    assert {o.baseline for o in doublings(Options(baseline="black"))} == {"black"}
    assert doublings(Options(steps=129)) == ()


def test_halvings_are_the_tries_that_doubling_began_with():
    tried = [Options(steps=12, baseline="black"), *doublings(Options(steps=12, baseline="black"))]
    assert halvings(tried[2])[-2:] == tuple(tried[:2])
    assert [o.steps for o in halvings(Options(steps=12))] == [3, 6]
    assert halvings(Options(steps=7)) == halvings(Options(steps=2)) == ()
