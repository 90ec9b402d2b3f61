"""Desensitisation, competition and the receptors beyond the uterus, against the tables of the dossier."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.contract import Inputs
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.receptors.operational.equations import affinity_factor, desensitised, drive, v2_drive
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, numbers, subjects
from tests.body.test_receptors import levels, respond

HOUR = 3_600_000
OWN = numbers(ReceptorParameters)
PICOMOLAR = 1000 / OWN.molar_mass
EC50 = 1500 / (1 + 477 / 2.5)


def at_drive(strength: float) -> float:
    """Return the oxytocin (pg/mL above rest) that holds the drive of a woman at term at ``strength``."""
    return strength / (1 - strength) * 0.2 * EC50 / PICOMOLAR


def run(
    hours: float, step: int = 60_000, setting: str = "on", density: float = 477, sex: str = "female", **given: Any
) -> tuple[Any, dict[str, Any]]:
    room = OperationalReceptor(numbers(ReceptorParameters), ReceptorSettings(setting))
    now = levels(receptor_density_set=density, **given)
    state, outputs = room.init(subjects(sex=sex), now, STREAMS)
    for place in range(round(hours * HOUR / step)):
        outputs = room.advance(state, now, place * step, step, STREAMS)
    assert room.invariants(state, outputs) == []
    return state, {name: (value[1] if isinstance(value, tuple) else value)[0] for name, value in outputs.items()}


@pytest.mark.parametrize(
    ("strength", "expected", "coupled"), [(0.4, (397, 336, 289, 227), 0.40), (1 - 1e-9, (302, 202, 144, 93), 0.21)]
)
def test_loss_of_receptors_at_a_constant_drive(strength: float, expected: tuple[float, ...], coupled: float) -> None:
    level = at_drive(strength)
    states = [run(hours, HOUR, oxytocin_concentration=level)[0] for hours in (4, 8, 12, 20)]
    assert [state.density[0] for state in states] == pytest.approx(expected, abs=0.6)
    assert states[-1].coupled_fraction[0] == pytest.approx(coupled, abs=0.006)


@pytest.mark.parametrize(
    ("clearance", "strength", "density", "coupled"),
    [(5700, 0.66, (352, 268, 211), 0.28), (1400, 0.89, (317, 221, 163), 0.23)],
)
def test_augmentation_of_labour(clearance: float, strength: float, density: tuple[float, ...], coupled: float) -> None:
    rise = 10.3 * 1710 / clearance
    assert drive(rise * PICOMOLAR, EC50, 0.2) == pytest.approx(strength, abs=0.005)
    states = [run(h, oxytocin_concentration=1.9 + rise, basal_concentration=1.9)[0] for h in (4, 8, 12)]
    assert [state.density[0] for state in states] == pytest.approx(density, abs=1)
    assert states[-1].coupled_fraction[0] == pytest.approx(coupled, abs=0.005)


def test_rest_does_not_desensitise_and_the_switch_keeps_all() -> None:
    for more in ({"setting": "off", "oxytocin_concentration": 1e4}, {"oxytocin_concentration": 1.9}):
        state, _ = run(3, basal_concentration=1.9, **more)
        assert (state.density[0], state.coupled_fraction[0]) == (477, 1)
    with pytest.raises(ParameterError, match="on, off"):
        ReceptorSettings("maybe")


def test_the_effect_at_once_is_that_of_fresh_receptors_then_it_fades() -> None:
    fresh, worn = run(0.001, 1000, oxytocin_concentration=20)[1], run(12, oxytocin_concentration=20)[1]
    assert fresh["receptors.myometrium_effect"] == pytest.approx(0.714, abs=2e-3)
    assert worn["receptors.myometrium_effect"] < 0.25
    assert worn["receptors.occupancy"] == fresh["receptors.occupancy"], "binding is not lost, signalling is"


def test_antagonists_protect_and_carbetocin_counts_by_its_efficacy() -> None:
    bare = run(4, oxytocin_concentration=20)[0]
    held, shown = run(4, oxytocin_concentration=20, atosiban_concentration=442_000)
    for state, ratio in ((bare, 1), (held, shown["receptors.antagonist_dose_ratio"])):
        strength = drive(20 * PICOMOLAR / ratio, EC50, 0.2)
        expected = desensitised(1.0, strength, 240, OWN.recoupling_rate, OWN.uncoupling_rate)
        assert state.coupled_fraction[0] == pytest.approx(expected)
    assert held.density[0] > bare.density[0] + 50
    same = 988.16 / 1007.19 * 20 / 0.06
    drug = run(4, carbetocin_concentration=same)[0]
    assert drug.density[0] == pytest.approx(bare.density[0], rel=1e-9)


def test_a_density_that_moves_is_that_of_unstimulated_receptors() -> None:
    room = OperationalReceptor(OWN)
    state, _ = room.init(subjects(), levels(receptor_density_set=477), STREAMS)
    room.advance(state, levels(receptor_density_set=(477, 95.4)), 0, HOUR, STREAMS)
    assert state.density[0] == 95.4


def falling(level: float, half_life: float) -> Any:
    return lambda minutes: level * 2 ** (-minutes / half_life)


def cut(course: Any, step: int, hours: float = 2) -> Any:
    room = OperationalReceptor(OWN)
    state, _ = room.init(subjects(), levels(oxytocin_concentration=course(0), receptor_density_set=477), STREAMS)
    for t in range(0, round(hours * HOUR), step):
        now = (course(t / 60_000), course((t + step) / 60_000))
        room.advance(state, levels(oxytocin_concentration=now, receptor_density_set=477), t, step, STREAMS)
    return state


@settings(max_examples=12, deadline=None)
@given(level=st.floats(0, 1e5), half_life=st.floats(1, 30))
def test_the_state_does_not_depend_on_how_the_time_is_cut(level: float, half_life: float) -> None:
    course = falling(level, half_life)
    fine, coarse = cut(course, 10_000), cut(course, 60_000)
    assert coarse.coupled_fraction[0] == pytest.approx(fine.coupled_fraction[0], abs=1e-3)
    assert coarse.remaining_fraction[0] == pytest.approx(fine.remaining_fraction[0], abs=1e-3)


def test_long_intervals_are_cut_inside() -> None:
    def course(minutes: float) -> float:
        return 20 * minutes / 120

    one, many = cut(course, 2 * HOUR), cut(course, 60_000)
    assert one.coupled_fraction[0] == pytest.approx(many.coupled_fraction[0], rel=1e-12)
    assert one.density[0] == pytest.approx(many.density[0], rel=1e-12)


@given(fraction=st.floats(0, 1), strength=st.floats(0, 1), time=st.floats(0, 1e4))
def test_fractions_stay_fractions(fraction: float, strength: float, time: float) -> None:
    once = desensitised(fraction, strength, time, OWN.recoupling_rate, OWN.uncoupling_rate)
    assert 0 <= once <= 1
    twice = fraction
    for _ in range(2):
        twice = desensitised(twice, strength, time / 2, OWN.recoupling_rate, OWN.uncoupling_rate)
    assert twice == pytest.approx(once, abs=1e-12)


def test_carbetocin_is_a_partial_agonist() -> None:
    # 7.2 nM two minutes after 100 ug, 1.1 nM after an hour; oxytocin absent.
    for nanomolar, expected in ((7.2, 0.90), (1.1, 0.80)):
        found = respond(0, ligands={"carbetocin_concentration": nanomolar * 988.16})
        assert found["receptors.myometrium_effect"] == pytest.approx(expected, abs=0.006)
    highest = respond(0, ligands={"carbetocin_concentration": 1e12})
    assert highest["receptors.myometrium_effect"] == pytest.approx(0.92, abs=0.003)
    # In a tissue without reserve it blocks: less effect than oxytocin alone.
    alone = respond(1e4, density=39)["receptors.myometrium_effect"]
    both = respond(1e4, density=39, ligands={"carbetocin_concentration": 1e6})["receptors.myometrium_effect"]
    assert both < alone


def test_atosiban_in_plasma_and_in_the_bath_add_and_its_metabolite_is_ten_times_weaker() -> None:
    ratio = "receptors.antagonist_dose_ratio"
    plasma = respond(2, ligands={"atosiban_concentration": 442_000})[ratio]
    assert plasma == respond(2, atosiban_concentration=442_000.0)[ratio]
    both = respond(2, ligands={"atosiban_concentration": 442_000}, atosiban_concentration=442_000.0)[ratio]
    assert both - 1 == pytest.approx(2 * (plasma - 1))
    assert respond(2, ligands={"atosiban_m1_concentration": 442_000})[ratio] - 1 == pytest.approx((plasma - 1) / 10)


@pytest.mark.parametrize(
    ("drug", "constant"), [("barusiban", 130), ("retosiban", 650), ("epelsiban", 130), ("l_368899", 13_000)]
)
def test_antagonists_in_the_bath(drug: str, constant: float) -> None:
    found = respond(2, **{f"{drug}_concentration": 3.0 * constant})
    assert found["receptors.antagonist_dose_ratio"] == pytest.approx(4)


def test_magnesium_and_cholesterol_change_the_affinity_of_agonists_only() -> None:
    assert affinity_factor(0.6, 0.5, 0.6, 1, 100) == 1
    assert affinity_factor(0.6, 0.5, 0.6, 0, 100) == 100
    assert affinity_factor(1e9, 0.5, 0.6, 1, 100) == pytest.approx(1 / (1 + 0.5 / 0.6))
    poor = respond(20, cholesterol=0.0, atosiban_concentration=442_000.0)
    assert poor["receptors.myometrium_effect"] == pytest.approx(
        respond(0.2, atosiban_concentration=442_000.0)["receptors.myometrium_effect"], rel=2e-3
    )
    assert (
        poor["receptors.antagonist_dose_ratio"]
        == respond(1, atosiban_concentration=442_000.0)["receptors.antagonist_dose_ratio"]
    )
    assert respond(5, free_magnesium=2.0)["receptors.myometrium_effect"] > respond(5)["receptors.myometrium_effect"]


def test_occupancy_is_that_of_agonists() -> None:
    # 2 to 20 pg/mL occupy 0.1 to 1.3 % of the receptors: the reserve does the rest.
    assert respond(2)["receptors.occupancy"] == pytest.approx(0.0013, abs=1e-4)
    assert respond(20)["receptors.occupancy"] == pytest.approx(0.013, abs=1e-3)
    assert respond(1e9)["receptors.occupancy"] == pytest.approx(1, abs=1e-5)
    assert respond(20, atosiban_concentration=442_000.0)["receptors.occupancy"] < 1e-3


def test_mammary_effect_is_half_maximal_at_seven_picomolar() -> None:
    highest = 200 / 201
    assert respond(7.46 / PICOMOLAR)["receptors.mammary_effect"] == pytest.approx(highest / 2, abs=1e-3)


def test_a_man_has_the_drive_of_v2_receptors_only() -> None:
    _, found = run(2, sex="male", density=0, oxytocin_concentration=30, basal_concentration=1.9)
    for name in ("myometrium_effect", "density", "oxytocin_stimulus", "mammary_effect"):
        assert found[f"receptors.{name}"] == 0, name
    joint = 0.63 + 30 * PICOMOLAR / 24
    assert found["receptors.v2_drive"] == pytest.approx(joint / (joint + 3))
    assert v2_drive(0.63, 0, 24, 3) == pytest.approx(0.63 / 3.63)


def test_one_subject_equals_its_row_while_desensitising() -> None:
    level = np.geomspace(1, 1e4, 5)
    room = OperationalReceptor(OWN)
    now = levels(5, oxytocin_concentration=level, receptor_density_set=477)
    state, _ = room.init(subjects(5), now, STREAMS)
    room.advance(state, now, 0, HOUR, STREAMS)
    for row, value in enumerate(level):
        alone = levels(oxytocin_concentration=value, receptor_density_set=477)
        single, _ = room.init(subjects(), alone, STREAMS)
        room.advance(single, alone, 0, HOUR, STREAMS)
        assert single.coupled_fraction[0] == state.coupled_fraction[row]


def test_inputs_are_not_touched() -> None:
    now = levels(oxytocin_concentration=(5, 10), receptor_density_set=477)
    before = {name: (start.copy(), end.copy()) for name, (start, end) in now.levels.items()}
    room = OperationalReceptor(OWN)
    state, _ = room.init(subjects(), now, STREAMS)
    room.advance(state, Inputs(now.levels), 0, HOUR, STREAMS)
    assert all(np.array_equal(before[name], pair) for name, pair in now.levels.items())
