"""The panels of blood pressure, sodium and urine."""

from __future__ import annotations

from typing import Any

import pytest

from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.report.test_figure import overlaps, titles

SCENARIO = """
duration: 3 h
subject: {species: human, sex: female}
body: {neurons: off, receptors: off, water: {model: antidiuresis, parameters: {extra_intake: 14 mL/min}}}
doses: [{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 30 min}]
"""


@pytest.fixture(scope="module")
def run() -> Any:
    return simulate(loads_scenario(SCENARIO))


def test_side_effects_come_last(run: Any) -> None:
    wanted = ["Blood pressure and heart rate, by the drugs alone", "Serum sodium", "Urine"]
    assert titles(run.figure())[-3:] == wanted


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_nothing_overlaps_or_is_cut_off(run: Any, lang: str) -> None:
    assert overlaps(run.figure(lang=lang)) == ([], [])


def test_limits_are_drawn_in_the_panel_of_sodium(run: Any) -> None:
    panel = run.figure().axes[-2]
    heights = {line.get_ydata()[0] for line in panel.lines if len(set(line.get_ydata())) == 1}
    assert {130.0, 125.0} <= heights
    low, high = panel.get_ylim()
    assert low < 125 and high > 140


def test_side_effects_are_drawn_only_when_they_ran() -> None:
    rest = simulate(loads_scenario("duration: 10 min\nsubject: {species: human, sex: male}\nbody: {neurons: off}"))
    assert "Urine" not in titles(rest.figure())
    assert not any(name.startswith(("circulation.", "water.")) for name in rest.recorded.variables)
