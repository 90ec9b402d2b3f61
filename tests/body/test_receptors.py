from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knuffel.body.contract import Inputs
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.receptors.operational.equations import effect, half_effective_concentration, stimulus
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, numbers, subjects

EFFECT, STIMULUS = "receptors.myometrium_effect", "receptors.oxytocin_stimulus"


OFF = ReceptorSettings("off")
OXYTOCIN = "plasma.oxytocin_concentration"


def levels(count: int = 1, **values: Any) -> Inputs:
    """Return every input level of the receptors, zero unless given by the last part of its name, as (start, end)."""
    found = {}
    for port in OperationalReceptor.inputs:
        value = values.pop(port.name.split(".")[1], 0)
        start, end = value if isinstance(value, tuple) else (value, value)
        found[port.name] = (np.full(count, start, dtype=float), np.full(count, end, dtype=float))
    assert not values
    return Inputs(found)


def respond(
    concentration: float | tuple[float, float],
    density: float = 477,
    ligands: dict[str, float] | None = None,
    **changes: float,
) -> dict[str, float]:
    room = OperationalReceptor(numbers(ReceptorParameters, **changes), OFF)
    given = levels(oxytocin_concentration=concentration, receptor_density_set=density, **(ligands or {}))
    state, start = room.init(subjects(), given, STREAMS)
    outputs = room.advance(state, given, 0, 1000, STREAMS)
    assert room.invariants(state, outputs) == []
    assert all(isinstance(value, np.ndarray) for value in start.values())
    assert set(outputs) == set(start) == {port.name for port in room.outputs}
    return {name: (value[1] if isinstance(value, tuple) else value)[0] for name, value in outputs.items()}


@pytest.mark.parametrize(
    ("density", "half", "expected"),
    [
        (6.6, 411, (0.003, 0.009, 0.017, 0.033)),
        (39.8, 88.8, (0.021, 0.050, 0.095, 0.172)),
        (477, 7.8, (0.201, 0.386, 0.556, 0.714)),
        (954, 3.9, (0.335, 0.557, 0.715, 0.833)),
        (130, 28.3, (0.064, 0.146, 0.255, 0.405)),
    ],
)
def test_effect_by_state(density: float, half: float, expected: tuple[float, ...]) -> None:
    assert half_effective_concentration(1500, density / 2.5) == pytest.approx(half, rel=6e-3)
    found = [respond(level, density)[EFFECT] for level in (2, 5, 10, 20)]
    assert found == pytest.approx(expected, abs=6e-4)


def test_atosiban_shifts_every_concentration_by_its_dose_ratio() -> None:
    infused = 442_000.0
    found = [respond(level, atosiban_concentration=infused) for level in (2, 5, 10, 20)]
    assert [item[EFFECT] for item in found] == pytest.approx((0.015, 0.036, 0.070, 0.131), abs=6e-4)
    ratio = found[0]["receptors.antagonist_dose_ratio"]
    assert ratio == pytest.approx(16.7, abs=0.05)
    # The oxytocin bound itself is a hundredth of the free antagonist: it does not spoil the shift.
    assert respond(2 * ratio, atosiban_concentration=infused)[EFFECT] == pytest.approx(respond(2)[EFFECT], rel=0.02)
    assert respond(2)["receptors.antagonist_dose_ratio"] == 1


def test_jump_of_plasma_crosses_at_once() -> None:
    room = OperationalReceptor(numbers(ReceptorParameters))
    given = levels(oxytocin_concentration=(100, 10), receptor_density_set=477)
    state, _ = room.init(subjects(), given, STREAMS)
    start, end = room.advance(state, given, 0, 1000, STREAMS)[STIMULUS]
    assert start[0] == pytest.approx(10 * end[0], rel=0.1)
    assert start[0] > end[0]


@given(low=st.floats(0, 1e6), more=st.floats(0, 1e6), density=st.floats(0, 1e4))
def test_effect_grows_with_concentration_and_stays_below_one(low: float, more: float, density: float) -> None:
    below, above = respond(low, density), respond(low + more, density)
    assert 0 <= below[EFFECT] <= above[EFFECT] < 1 or density == 0
    assert below[STIMULUS] <= above[STIMULUS]
    assert below[EFFECT] / (1 - below[EFFECT]) == pytest.approx(below[STIMULUS], rel=1e-9)


def test_vasopressin_adds_and_competes() -> None:
    with_it = respond(5, vasopressin_concentration=1e6)
    assert with_it["receptors.antagonist_dose_ratio"] == 1
    assert respond(0, vasopressin_concentration=1)[EFFECT] > 0
    assert stimulus(1.0, 1.0) == 0.5
    assert effect(1.0, 1.0) == 0.5


def test_one_subject_equals_its_row_in_a_cohort() -> None:
    room = OperationalReceptor(numbers(ReceptorParameters), OFF)
    concentration = np.geomspace(0.1, 1e4, 33)
    density = np.full(33, 477.0)
    given = levels(33, oxytocin_concentration=concentration, receptor_density_set=density)
    state, _ = room.init(subjects(33), given, STREAMS)
    cohort = room.advance(state, given, 0, 1000, STREAMS)[EFFECT][1]
    alone = [respond(float(level))[EFFECT] for level in concentration]
    assert np.array_equal(cohort, alone)


@pytest.mark.parametrize(
    "change", [{"affinity": 0.0}, {"transducer_constant": -1.0}, {"maximum_effect": 1.5}, {"molar_mass": np.nan}]
)
def test_bad_numbers_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="it has to be"):
        numbers(ReceptorParameters, **change)


def test_impossible_states_are_reported() -> None:
    room = OperationalReceptor(numbers(ReceptorParameters))
    given = levels(2, oxytocin_concentration=1, receptor_density_set=477)
    state, outputs = room.init(subjects(2), given, STREAMS)
    state.density[0], state.coupled_fraction[1] = -1, 2
    assert [item.subject for item in room.invariants(state, outputs)] == [0, 1]


@pytest.mark.parametrize(("density", "highest"), [(6.6, 0.73), (39.8, 0.94), (477, 0.995), (954, 0.997), (130, 0.98)])
def test_highest_effect_by_state(density: float, highest: float) -> None:
    assert respond(1e12, density)[EFFECT] == pytest.approx(highest, abs=6e-3 if density < 400 else 6e-4)
