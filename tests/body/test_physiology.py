from __future__ import annotations

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, numbers, subjects

BASAL = "physiology.basal_concentration"
DAYS = "physiology.days_postpartum"


def test_person_has_given_basal_level() -> None:
    adult = Adult(numbers(AdultParameters, "human_men"))
    state, start = adult.init(subjects(2), Inputs(), STREAMS)
    later = adult.advance(state, Inputs(), 0, 1000, STREAMS)
    assert start[BASAL] == pytest.approx([1.9, 1.9])
    assert later["physiology.typical_clearance"] == pytest.approx([1118 / 60] * 2)
    assert all(np.array_equal(start[name], later[name]) for name in start)
    assert adult.invariants(state, later) == []


@pytest.mark.parametrize("settings", [AdultSettings("rat"), None])
def test_rat_level_follows_from_secretion_and_clearance(settings: AdultSettings | None) -> None:
    given = numbers(AdultParameters, "rat_250g")
    adult = Adult(given, settings)
    _, start = adult.init(subjects(species="rat", weight=np.array([0.25])), Inputs(), STREAMS)
    assert start[BASAL][0] == pytest.approx(given.resting_gland_rate / given.clearance)
    assert 20 < start[BASAL][0] < 26


def test_week_is_zero_when_not_pregnant() -> None:
    adult = Adult(numbers(AdultParameters))
    _, start = adult.init(subjects(2, gestational_week=np.array([np.nan, 39.0])), Inputs(), STREAMS)
    assert start["physiology.gestational_week"].tolist() == [0, 39]


def test_outputs_are_not_views_of_the_state() -> None:
    adult = Adult(numbers(AdultParameters))
    state, start = adult.init(subjects(), Inputs(), STREAMS)
    start[BASAL][:] = 99
    assert state.basal_concentration[0] == pytest.approx(1.9)


@pytest.mark.parametrize(
    "change", [{"clearance": 0.0}, {"clearance": np.nan}, {"basal_concentration": -1.0}, {"receptor_density": np.inf}]
)
def test_bad_numbers_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="it has to be"):
        numbers(AdultParameters, **change)


def test_unknown_species_is_refused() -> None:
    with pytest.raises(ParameterError, match="mouse"):
        AdultSettings("mouse")


def test_negative_constant_is_reported() -> None:
    adult = Adult(numbers(AdultParameters))
    state, start = adult.init(subjects(3), Inputs(), STREAMS)
    state.receptor_density[1] = -1
    assert [(item.variable, item.subject) for item in adult.invariants(state, start)] == [("receptor_density", 1)]


def test_days_since_the_birth_count_on_from_time_zero() -> None:
    adult = Adult(numbers(AdultParameters), AdultSettings(days_postpartum=2.5))
    state, start = adult.init(subjects(2), Inputs(), STREAMS)
    assert start[DAYS].tolist() == [2.5, 2.5]
    assert adult.advance(state, Inputs(), -2000, 1000, STREAMS)[DAYS].tolist() == [2.5, 2.5]
    assert adult.advance(state, Inputs(), 0, 43_200_000, STREAMS)[DAYS].tolist() == [3, 3]
    plain = Adult(numbers(AdultParameters))
    state, _ = plain.init(subjects(), Inputs(), STREAMS)
    assert plain.advance(state, Inputs(), 0, 43_200_000, STREAMS)[DAYS].tolist() == [0]
    with pytest.raises(ParameterError, match="days_postpartum"):
        AdultSettings(days_postpartum=-1)
