"""The panel of the pump and the strip of an induction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from knuffel.report.html import render
from knuffel.report.view import pump_steps
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.report.test_figure import overlaps, titles

SCENARIO = """
duration: 5 h
subject: {species: human, sex: female, state: term}
body: {neurons: off, water: off}
doses:
  - {protocol: low_reference, start: 30 min, end: 4 h, rule: none, pauses: [{from: 2 h, to: 3 h}]}
  - {drug: atosiban, route: iv_infusion, end: 5 h,
     steps: [{at: 4 h, rate: 300 ug/min}, {at: 270 min, rate: 100 ug/min}]}
"""
MINUTE, UNIT = 60_000, 28.5


@pytest.fixture(scope="module")
def run() -> Any:
    return simulate(loads_scenario(SCENARIO))


def test_the_steps_are_read_from_the_record(run: Any) -> None:
    found = [(start // MINUTE, end // MINUTE, rate / UNIT) for start, end, rate in pump_steps(run.recorded)]
    wanted = [(30, 60, 1), (60, 90, 3), (90, 120, 5), (180, 210, 7), (210, 240, 9)]
    assert np.array(found) == pytest.approx(np.array(wanted))


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_nothing_overlaps_or_is_cut_off(run: Any, lang: str) -> None:
    assert overlaps(run.figure(lang=lang)) == ([], [])


def test_the_strip_tells_rates_in_the_unit_of_the_drug(run: Any) -> None:
    strip = run.figure().axes[0]
    words = [text.get_text() for text in strip.texts]
    assert {"1 mU/min", "3 mU/min", "5 mU/min", "7 mU/min", "9 mU/min"} <= set(words)
    assert {"300 ug/min", "100 ug/min"} <= set(words)


def test_the_report_lists_the_steps(run: Any) -> None:
    page = render(run)
    for words in ("low reference: 1 mU/min", "ug/min", "mU/min"):
        assert words in page
    assert "Rate of the pump" in page and "Oxytocin from the pump" in page


def test_several_subjects_have_a_band() -> None:
    text = SCENARIO.replace("duration: 5 h\n", "duration: 2 h\npopulation: {n: 3}\n").replace("rule: none, ", "")
    text = (
        text.split("  - {drug: atosiban")[0]
        .replace("end: 4 h", "end: 2 h")
        .replace("from: 2 h, to: 3 h", "from: 1 h, to: 70 min")
    )
    many = simulate(loads_scenario(text))
    assert "The pump" in titles(many.figure())
    assert many.summary()["pump.rate.peak"]["p05"] >= 0
