"""Exact steps of compartments: against fifty digits, and the saturable ones against an integrator of eighth order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaSettings, PlasmaTwoCompartment
from knuffel.body.doses import DEPOTS
from knuffel.body.linear import Flow, LinearSystem, exponential
from tests.body.rooms import STREAMS, body_of, numbers, plasma_inputs, subjects

SETS = (
    "human_men",
    "human_women_np",
    "human_postmenopausal",
    "term_A",
    "term_B",
    "pregnancy_A",
    "pregnancy_B",
    "rat_250g",
    "rat_saturable",
)
DAY = 86_400
SMALLEST = 1e-290
"""Below it products of normal numbers are no longer normal."""
EVERYTHING = tuple((drug, route) for drug, routes in DEPOTS.items() for route in (*routes, "iv_bolus"))


def systems(name: str) -> list[LinearSystem]:
    """Return oxytocin that is given, with every depot, and the other drugs, in a body of a set."""
    room = PlasmaTwoCompartment(numbers(PlasmaParameters, name), PlasmaSettings(EVERYTHING))
    state, _ = room.init(subjects(), plasma_inputs(who=body_of(name)), STREAMS)
    return [system for _, system in room.kinetics(state)[1:]]


def precise(system: LinearSystem, seconds: float) -> Any:
    """Return the step in many digits: fifty more than the smallest entry needs."""
    rates = system.rates[0]
    held = len(system.compartments) + len(system.sinks)
    with mpmath.workdps(350):
        matrix = mpmath.matrix(rates.tolist()) * mpmath.mpf(seconds)
        for column, name in enumerate(system.supplied):
            matrix[system.compartments.index(name), held + column] = 1
        return mpmath.expm(matrix)[:held, :]


def worst(found: Any, exact: Any) -> float:
    """Return the largest relative error of an entry; what is zero has to be zero."""
    largest = 0.0
    for place, value in np.ndenumerate(found):
        true = exact[place]
        if true == 0:
            assert value == 0
        elif true < SMALLEST:
            assert 0 <= value <= SMALLEST
        else:
            largest = max(largest, float(abs((mpmath.mpf(float(value)) - true) / true)))
    return largest


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seconds", [1e-3, 1.0, 60.0, 3600.0, DAY])
def test_every_entry_is_right_by_itself(name: str, seconds: float) -> None:
    # The other drugs are the same in all sets, up to the weight.
    for system in systems(name) if name == "term_A" else systems(name)[:1]:
        assert worst(system.over(seconds)[0], precise(system, seconds)) <= 1e-12


def test_the_comparison_would_see_an_error() -> None:
    (system, *_) = systems("human_men")
    exact, found = precise(system, 60.0), system.over(60.0)[0].copy()
    place = np.unravel_index(np.argmin(np.where(found > 0, found, np.inf)), found.shape)
    found[place] *= 1 + 1e-11
    assert worst(found, exact) > 1e-12


rates = st.just(0.0) | st.floats(1e-8, 10)


@given(
    values=st.lists(rates, min_size=12, max_size=12),
    losses=st.lists(rates, min_size=4, max_size=4),
    seconds=st.floats(1e-3, DAY),
)
@settings(max_examples=100, deadline=None)
def test_steps_are_never_negative_and_keep_mass(values: list[float], losses: list[float], seconds: float) -> None:
    names = ("a", "b", "c", "d")
    pairs = [(source, target) for source in names for target in names if source != target]
    flows = [Flow(source, target, rate) for (source, target), rate in zip(pairs, values, strict=True)]
    flows += [Flow(name, "gone", rate) for name, rate in zip(names, losses, strict=True)]
    step = LinearSystem(names, ("gone",), ("a", "c"), flows).over(seconds)[0]
    assert (step >= 0).all()
    # What a compartment held is somewhere, and so is what was supplied.
    assert step.sum(axis=0) == pytest.approx(np.ones(7), rel=1e-9)


@given(cuts=st.lists(st.integers(1, 599_999), max_size=20, unique=True))
@settings(max_examples=30, deadline=None)
def test_pieces_equal_the_whole(cuts: list[int]) -> None:
    (system, *_) = systems("term_A")
    count = len(system.compartments)
    whole, gone = system.move(np.ones((1, count)), np.array([[600.0]]), 600_000)
    pieces, lost = np.ones((1, count)), np.zeros_like(gone)
    for start, end in pairwise([0, *sorted(cuts), 600_000]):
        pieces, part = system.move(pieces, np.array([[(end - start) / 1000]]), end - start)
        lost += part
    assert pieces == pytest.approx(whole, rel=1e-11) and lost == pytest.approx(gone, rel=1e-11)


def test_a_copied_flow_leaves_its_source_and_a_lost_one_goes_out_of_sight() -> None:
    flows = [Flow("a", "b", 0.5, copies=True), Flow("b", "", 0.25)]
    after, gone = LinearSystem(("a", "b"), (), ("a",), flows).move(np.array([[2.0, 0.0]]), np.zeros((1, 1)), 4000)
    assert after[0] == pytest.approx([2.0, 2 * 0.5 / 0.25 * (1 - np.exp(-1))])
    assert gone.shape == (1, 0)


def test_subjects_have_their_own_rates_and_steps_are_remembered() -> None:
    system = LinearSystem(("a",), ("gone",), ("a",), [Flow("a", "gone", np.array([0.1, 0.2]))])
    after, gone = system.move(np.ones((2, 1)), np.zeros((2, 1)), 5000)
    assert after[:, 0] == pytest.approx(np.exp([-0.5, -1])) and gone[:, 0] == pytest.approx(-np.expm1([-0.5, -1]))
    assert system.remembered() == 1
    for dt in range(1, 1500):
        system.step(dt)
    assert system.remembered() <= 512
    assert np.array_equal(system.step(5000), system.over(5.0))


def test_the_exponential_of_nothing_is_one() -> None:
    assert np.array_equal(exponential(np.zeros((2, 3, 3)))[1], np.eye(3))


class Saturable:
    """A rat with a bolus, an infusion and a dose in a muscle; the right-hand side is written out here once more."""

    def __init__(self, share: float, half: float) -> None:
        changes = {"saturable_share": share, "saturation_concentration": half, "gland_delay": 0.0}
        self.own = numbers(PlasmaParameters, "rat_saturable", **changes)
        self.room = PlasmaTwoCompartment(self.own, PlasmaSettings((("oxytocin", "im"),)))
        self.who = body_of("rat_saturable")
        self.clearance = self.who["physiology__clearance"]
        self.bolus, self.muscle, self.infusion, self.secretion = 2e5, 5e4, 300.0, 5.0
        self.state, _ = self.room.init(subjects(weight=np.array([0.25])), self.inputs(1), STREAMS)

    def inputs(self, dt: int, first: bool = False) -> Any:
        seconds = dt / 1000
        doses = {"bolus": self.bolus, "oxytocin_im": self.muscle} if first else {}
        flows = {"secretion": self.secretion * seconds, "infusion": self.infusion * seconds}
        return plasma_inputs(basal=20.0, who=self.who, **flows, **doses)

    def slope(self, _: float, x: Any) -> Any:
        own, size = self.own, 1.0
        v1, v2, q = own.central_volume * size, own.peripheral_volume * size, own.distribution_clearance * size
        total = (x[0] + x[2]) / v1
        half, share = own.saturation_concentration, own.saturable_share
        # What crosses to the brain is part of the clearance, and does not saturate.
        crossing = own.permeability * own.barrier_receptor
        working = crossing + (self.clearance - crossing) * (1 - share + share * half / (half + total))
        absorbed = own.im_absorption * x[4]
        given = [
            self.secretion - working * x[0] / v1 - q * (x[0] / v1 - x[1] / v2),
            q * (x[0] / v1 - x[1] / v2),
            self.infusion + absorbed - working * x[2] / v1 - q * (x[2] / v1 - x[3] / v2),
            q * (x[2] / v1 - x[3] / v2),
            -absorbed,
        ]
        return np.array(given)


@pytest.mark.parametrize(("share", "half"), [(40 / 65, 1000.0), (1.0, 50.0), (0.3, 1e6)])
@pytest.mark.parametrize("steps", [(600_000,), (1, 999, 59_000, 540_000), (10_000,) * 60])
def test_saturable_clearance_equals_an_integrator_of_eighth_order(
    share: float, half: float, steps: tuple[int, ...]
) -> None:
    from scipy.integrate import solve_ivp

    rat = Saturable(share, half)
    start = rat.state.amounts[0].copy()
    assert len(start) == 5
    start[2] += rat.bolus
    start[4] += rat.muscle * rat.own.im_bioavailability
    now = 0
    for place, dt in enumerate(steps):
        outputs = rat.room.advance(rat.state, rat.inputs(dt, place == 0), now, dt, STREAMS)
        now += dt
        assert rat.room.invariants(rat.state, outputs) == []
    exact = solve_ivp(rat.slope, (0, now / 1000), start, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    assert rat.state.amounts[0] == pytest.approx(exact, rel=1e-8)


def test_without_a_share_that_saturates_the_integrator_is_the_linear_step() -> None:
    linear, nearly = Saturable(0.0, 1000.0), Saturable(1e-12, 1000.0)
    for rat in (linear, nearly):
        rat.room.advance(rat.state, rat.inputs(600_000, True), 0, 600_000, STREAMS)
    assert nearly.state.amounts[0] == pytest.approx(linear.state.amounts[0], rel=1e-8)
    assert linear.state.eliminated == pytest.approx(nearly.state.eliminated, rel=1e-8)
