"""Pregnancy by week and after a birth, against the tables of the dossier."""

from __future__ import annotations

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.body.physiology.equations import density_in_pregnancy
from knuffel.errors import ParameterError
from tests.body.rooms import STREAMS, numbers, subjects

WEEKS = np.array([8, 12, 16, 20, 24, 28, 32, 36, 40], dtype=float)
OXYTOCINASE = (0.07, 0.13, 0.24, 0.48, 0.88, 1.35, 1.74, 1.98, 2.10)
CLEARANCE = (1349, 1463, 1718, 2232, 3075, 4088, 4931, 5445, 5700)
DAY = 86_400_000


def start(weeks: np.ndarray, *sets: str, days: object = None, sex: str = "female", **settings: str) -> dict:
    adult = Adult(numbers(AdultParameters, *sets), AdultSettings("human", days, **settings))
    state, found = adult.init(
        subjects(len(weeks), sex=sex, gestational_week=weeks, weight=np.full(len(weeks), 75.0)), Inputs(), STREAMS
    )
    assert adult.invariants(state, found) == []
    return {name.removeprefix("physiology."): value for name, value in found.items()}


def test_oxytocinase_and_clearance_by_week() -> None:
    found = start(WEEKS, "pregnancy_A", state="pregnant")
    assert found["oxytocinase_activity"] == pytest.approx(OXYTOCINASE, abs=6e-3)
    assert found["clearance"] * 60 == pytest.approx(CLEARANCE, abs=1.5)
    assert found["gestational_week"].tolist() == WEEKS.tolist()
    assert start(WEEKS, "pregnancy_B", state="pregnant")["clearance"][-1] * 60 == pytest.approx(1400)
    assert start(np.array([0.0, 3.0, 4.0, 42.0]), state="pregnant")["pregnancy_factor"].tolist() == [0, 0, 0, 1]


def test_term_is_full_activity_and_keeps_its_density() -> None:
    found = start(np.array([37.0, 41.0]), "term_A", state="term")
    assert found["pregnancy_factor"].tolist() == [1, 1]
    assert found["oxytocinase_activity"] == pytest.approx([2.1, 2.1])
    assert found["receptor_density_set"].tolist() == [477, 477]
    others = [start(np.array([np.nan]), "human_women_np", state=name) for name in ("resting", "lactating")]
    assert all(item["pregnancy_factor"] == 0 and item["oxytocinase_activity"] == 0.05 for item in others)


def test_receptor_density_by_week() -> None:
    found = start(np.array([np.nan, 15, 27, 39, 42]), state="pregnant")["receptor_density_set"]
    assert found == pytest.approx([6.6, 39.8, np.sqrt(39.8 * 477), 477, 477])
    assert density_in_pregnancy(7.5, 6.6, 39.8, 477, 15, 39) == pytest.approx(np.sqrt(6.6 * 39.8))
    assert density_in_pregnancy(7.5, 0, 39.8, 477, 15, 39) == 0
    assert start(WEEKS, state="pregnant", sex="male")["receptor_density_set"][0] == 0


def test_after_a_birth_everything_returns() -> None:
    days = np.array([0, 1.5, 3, 10, 28, 42, 60])
    found = start(np.full(7, 40.0), "pregnancy_A", days=days, state="postpartum")
    at_birth, low = 477.0, 95.4
    density = (at_birth, np.sqrt(at_birth * low), low, low, np.sqrt(low * 6.6), 6.6, 6.6)
    assert found["receptor_density_set"] == pytest.approx(density)
    assert found["pregnancy_factor"] == pytest.approx(2 ** (-days / 2.5))
    assert found["gestational_week"].tolist() == [0] * 7
    assert found["days_postpartum"].tolist() == days.tolist()
    clearances = start(np.full(3, 40.0), "pregnancy_A", days=np.array([1.0, 3, 5]), state="postpartum")["clearance"]
    assert clearances * 60 / 1000 == pytest.approx([4.6, 3.2, 2.4], abs=0.06)
    early = start(np.full(1, 8.0), days=30, state="postpartum")
    assert early["receptor_density_set"] == pytest.approx(6.6), "a loss in early pregnancy does not go below rest"
    assert start(np.array([np.nan]), days=1, state="postpartum")["pregnancy_factor"] == 0


def test_time_moves_a_pregnancy_and_the_days_after_a_birth() -> None:
    for name, weeks in (("pregnant", [20.0, 39.9]), ("postpartum", [40.0, 30.0])):
        days = 0 if name == "postpartum" else None
        adult = Adult(numbers(AdultParameters, "pregnancy_A"), AdultSettings("human", days, name))
        state, first = adult.init(
            subjects(2, gestational_week=np.array(weeks), weight=np.full(2, 75.0)), Inputs(), STREAMS
        )
        early = adult.advance(state, Inputs(), -2000, 1000, STREAMS)
        assert all(np.array_equal(first[port], early[port]) for port in first)
        later = adult.advance(state, Inputs(), 0, 7 * DAY, STREAMS)
        shifted = [21.0, 40.0] if name == "pregnant" else weeks
        direct = start(np.array(shifted), "pregnancy_A", days=7 if name == "postpartum" else None, state=name)
        for port, value in direct.items():
            assert later[f"physiology.{port}"] == pytest.approx(value), port


def test_review_raises_the_resting_level_and_thornton_does_not() -> None:
    weeks = np.array([20.0, 40.0])
    factor = start(weeks, state="pregnant")["pregnancy_factor"]
    review = start(weeks, state="pregnant", basal_profile="review")["basal_concentration"]
    assert review == pytest.approx(1.9 * (1 + 2.5 * factor))
    assert review[1] == pytest.approx(6.65)
    assert start(weeks, state="pregnant", basal_profile="thornton")["basal_concentration"].tolist() == [1.9, 1.9]
    at_term = start(weeks, "term_A", "basal_review_term", state="term", basal_profile="review")
    assert at_term["basal_concentration"].tolist() == [6.65, 6.65], "the set has the rise in it"


def test_a_subject_alone_equals_its_row() -> None:
    weeks = np.array([0.0, 12.0, 39.0])
    together = start(weeks, "pregnancy_A", state="pregnant")
    for row, week in enumerate(weeks):
        alone = start(np.array([week]), "pregnancy_A", state="pregnant")
        assert all(alone[port][0] == together[port][row] for port in alone)


def test_a_course_that_runs_backwards_is_refused() -> None:
    for change in ({"onset": 41.0}, {"early_week": 39.0}, {"hold_until": 1.0}, {"settled": 14.0}):
        with pytest.raises(ParameterError, match="has to come before"):
            numbers(AdultParameters, **change)
    with pytest.raises(ParameterError, match="days_postpartum"):
        AdultSettings(days_postpartum=np.array([1.0, np.nan]))
