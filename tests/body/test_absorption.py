"""From depots into the blood: closed forms, and routes, lags, organs and body size through whole scenarios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knuffel
from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaSettings, PlasmaTwoCompartment
from knuffel.body.circulation.plasma.equations import bolus_concentration, rates
from knuffel.body.doses import DEPOTS
from knuffel.scenario import loads_scenario
from tests.body.rooms import STREAMS, body_of, numbers, plasma_inputs, subjects

SETS = ("human_men", "human_women_np", "term_A", "term_B", "rat_250g")
ROUTES = DEPOTS["oxytocin"]
EXOGENOUS, TOTAL = "plasma.oxytocin_exogenous", "plasma.oxytocin_concentration"


def absorbed(mass: float, absorption: float, times: Any, numbers_: tuple[float, ...]) -> Any:
    """Return C1 (pg/mL) after ``mass`` pg in a depot with a rate constant of ``absorption``: three exponentials."""
    _, _, k21, fast, slow = rates(*numbers_)
    found: Any = 0.0
    roots = (absorption, fast, slow)
    for place, root in enumerate(roots):
        others = [other - root for number, other in enumerate(roots) if number != place]
        found = found + (k21 - root) * np.exp(-root * times) / (others[0] * others[1])
    return mass * absorption / numbers_[1] * found


class Depots:
    """One body with a set and the depots that are used."""

    def __init__(self, name: str, *given_: tuple[str, str], **changes: Any) -> None:
        self.own = numbers(PlasmaParameters, name, **changes)
        self.room = PlasmaTwoCompartment(self.own, PlasmaSettings(given_))
        self.who = body_of(name)
        self.state, _ = self.room.init(subjects(), plasma_inputs(who=self.who), STREAMS)

    def numbers(self, place: int = 1) -> tuple[float, ...]:
        return tuple(float(np.ravel(value)[0]) for value in self.room.kinetics(self.state)[place][0])

    def course(self, times: Any, port: str = EXOGENOUS, **doses: float) -> Any:
        found, now = [], 0
        for time in times:
            dt = round(time * 1000) - now
            outputs = self.room.advance(self.state, plasma_inputs(who=self.who, **doses), now, dt, STREAMS)
            assert self.room.invariants(self.state, outputs) == []
            doses, now = {}, now + dt
            found.append(outputs[port][1][0] if isinstance(outputs[port], tuple) else outputs[port][0])
        return np.array(found)


TIMES = np.array([0.001, 1.0, 60.0, 600.0, 3600.0, 7200.0, 36_000.0])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("route", ROUTES)
def test_absorption_follows_the_closed_form(name: str, route: str) -> None:
    body = Depots(name, ("oxytocin", route))
    share, speed = body.own.absorption("oxytocin", route)
    found = body.course(TIMES, **{f"oxytocin_{route}": 1e7})
    # The closed form loses digits to cancellation soon after the dose; the step does not.
    assert found == pytest.approx(absorbed(share * 1e7, speed, TIMES, body.numbers()), rel=1e-7, abs=1e-12)


def test_carbetocin_leaves_a_muscle_at_two_rates() -> None:
    body = Depots("human_women_np", ("carbetocin", "im"))
    own, dose = body.own, 100e6
    found = body.course(TIMES, "plasma.carbetocin_concentration", carbetocin_im=dose)
    mass, fast = dose * own.carbetocin_im_bioavailability, own.carbetocin_im_fast_share
    parts = ((fast, own.carbetocin_im_absorption), (1 - fast, own.carbetocin_im_slow_absorption))
    expected = sum(absorbed(mass * part, speed, TIMES, body.numbers(2)) for part, speed in parts)
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_two_depots_add() -> None:
    both = Depots("human_men", ("oxytocin", "im"), ("oxytocin", "intranasal_spray"))
    found = both.course(TIMES, oxytocin_im=1e6, oxytocin_intranasal_spray=1e8, bolus=1e5)
    alone = [
        Depots("human_men", ("oxytocin", route)).course(TIMES, **{f"oxytocin_{route}": dose})
        for route, dose in (("im", 1e6), ("intranasal_spray", 1e8))
    ]
    assert found == pytest.approx(sum(alone) + Depots("human_men").course(TIMES, bolus=1e5), rel=1e-12)


@given(share=st.floats(0, 1), dose=st.floats(1, 1e9))
@settings(max_examples=30, deadline=None)
def test_the_area_is_the_bioavailable_dose_over_the_clearance(share: float, dose: float) -> None:
    body = Depots("human_women_np", ("oxytocin", "im"), im_bioavailability=share)
    body.course([2 * 86_400.0], oxytocin_im=dose)
    # All that left the body went through the clearance.
    gone = body.state.eliminated[0, 1] + body.state.transferred[0, 1]
    assert gone == pytest.approx(share * dose, rel=1e-9)
    assert body.state.supplied[0, 1] == pytest.approx(share * dose)
    assert body.state.amounts[0].sum() <= 1e-9 * dose


def test_a_drug_that_nobody_gives_is_not_followed() -> None:
    body = Depots("human_men")
    assert body.state.amounts.shape == (1, 4)
    assert body.course([60.0], "plasma.carbetocin_concentration")[0] == 0


def simulated(subject: str, dose: str = "", more: str = "", duration: str = "2 h", port: str = EXOGENOUS) -> Any:
    """Return times (s) and levels (pg/mL) of a run without neurons."""
    text = f"duration: {duration}\nsubject: {{{subject}}}\nbody:\n  neurons: off\n{more}"
    text += f"doses: [{{{dose}}}]\n" if dose else ""
    text += f"observe: {{record: {{every: 30 s, variables: [{port}]}}}}\n"
    data = knuffel.simulate(loads_scenario(text)).dataset
    return data.time.values, data[port].values[0]


MAN = "species: human, sex: male"
MUSCLE = "drug: oxytocin, route: im, amount: 10 IU, at: 10 min"


@pytest.mark.parametrize(
    ("route", "lag"), [("im", 30), ("intranasal_spray", 60), ("inhaled_dry_powder", 30), ("sublingual", 720)]
)
def test_a_dose_waits_for_the_lag_of_its_route(route: str, lag: int) -> None:
    times, levels = simulated(MAN, f"drug: oxytocin, route: {route}, amount: 40 IU, at: 10 min")
    assert (levels[times <= 600 + lag] == 0).all() and (levels[times > 600 + lag] > 0).all()
    own = numbers(PlasmaParameters, "human_men")
    share, speed = own.absorption("oxytocin", route)
    after = times > 600 + lag
    body = Depots("human_men", ("oxytocin", route)).numbers()
    expected = absorbed(share * 40 * 1.71e6, speed, times[after] - 600 - lag, body)
    assert levels[after] == pytest.approx(expected, rel=1e-7)


def test_bioavailability_scales_the_level() -> None:
    half = "  plasma: {parameters: {plasma.im_bioavailability: '0.4'}}\n"
    assert simulated(MAN, MUSCLE, half)[1] == pytest.approx(simulated(MAN, MUSCLE)[1] / 2)


@pytest.mark.parametrize(
    ("renal", "splanchnic", "left"), [(1, 1, 1.0), (0, 1, 0.7), (1, 0, 0.7), (0, 0, 0.4), (0.5, 0.5, 0.7)]
)
def test_organs_that_fail_slow_the_clearance(renal: float, splanchnic: float, left: float) -> None:
    functions = f"plasma.renal_function: '{renal}', plasma.splanchnic_function: '{splanchnic}'"
    more = f"  physiology: {{parameters: {{{functions}}}}}\n"
    infusion = "drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 0 s, end: 1 day"
    _, levels = simulated(MAN, infusion, more, "1 day")
    assert levels[-1] == pytest.approx(10 * 1710 / (1118 * left), rel=1e-6)


@pytest.mark.parametrize(("weight", "counted"), [(35, 35), (70, 70), (80, 80), (84, 84), (140, 84)])
def test_clearance_grows_with_weight_up_to_a_fifth_above_the_reference(weight: float, counted: float) -> None:
    infusion = "drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 0 s, end: 2 days"
    _, levels = simulated(f"{MAN}, weight: {weight} kg", infusion, duration="2 days")
    assert levels[-1] == pytest.approx(10 * 1710 / (1118 * (counted / 70) ** 0.75), rel=1e-6)


@pytest.mark.parametrize("weight", [50, 70, 140])
def test_a_bolus_in_a_body_of_any_weight_follows_the_scaled_closed_form(weight: float) -> None:
    bolus = "drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min"
    times, levels = simulated(f"{MAN}, weight: {weight} kg", bolus)
    flow, size = min(weight / 70, 1.2) ** 0.75, weight / 70
    after = times > 600
    scaled = (1118 / 60 * flow, 6200 * size, 276.8 / 60 * flow, 6048 * size)
    assert levels[after] == pytest.approx(bolus_concentration(1.71e6, times[after] - 600, *scaled), rel=1e-9)
    assert (levels[~after] == 0).all()


def test_the_resting_level_does_not_depend_on_weight_or_organs() -> None:
    more = "  physiology: {parameters: {plasma.renal_function: '0'}}\n"
    for subject, changed in ((f"{MAN}, weight: 120 kg", ""), (MAN, more)):
        _, levels = simulated(subject, more=changed, port=TOTAL)
        assert levels == pytest.approx(np.full(len(levels), 1.9), rel=1e-9)
