"""What a nursing subject looks like: panels, marks, summary, report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from knuffel.analysis.bursts import bursts_of, profile
from knuffel.report.burst_figures import plot_profile, plot_raster
from knuffel.report.html import render
from knuffel.result import Result
from tests.fixtures import synthetic
from tests.report.test_figure import overlaps, titles


@pytest.fixture(scope="module")
def nursing() -> Any:
    return Result(synthetic.nursing())


def test_the_panels_follow_the_signal_to_the_milk(nursing: Any) -> None:
    shown = titles(nursing.figure())
    assert "of 12 of 12 neurons" in shown[1]
    assert [shown[0], *shown[2:]] == [
        "What happens",
        "Mean firing rate",
        "Secretion into blood",
        "Oxytocin in plasma",
        "Pressure in the milk ducts",
        "Flow of milk",
        "Milk removed, added up",
    ]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_nothing_overlaps_or_is_cut_off(nursing: Any, lang: str) -> None:
    for run in (nursing, Result(synthetic.nursing(days=3))):
        found, clipped = overlaps(run.figure(lang=lang))
        assert found == []
        assert clipped == []


def test_days_of_feeds_are_drawn_by_the_day() -> None:
    run = Result(synthetic.nursing(minutes=0, days=3))
    figure = run.figure()
    assert titles(figure)[-2:] == ["Milk removed in each day", "Milk in store"]
    bars = [
        patch
        for axes in figure.axes
        if axes.get_title(loc="left") == "Milk removed in each day"
        for patch in axes.patches
    ]
    heights = [bar.get_height() for bar in bars if bar.get_width() > 1]
    removed = run.recorded.variables["breast.milk_removed"].data[0, -1]
    assert sum(heights[:3]) == pytest.approx(removed)


def test_let_downs_and_bursts_are_counted_and_marked(nursing: Any) -> None:
    summary = nursing.summary()
    assert summary["breast.milk_ejection.count"]["value"] == 7
    assert summary["neurons.network_burst.count"]["value"] == 7
    interval = summary["neurons.network_burst.interval"]
    assert interval == {"value": pytest.approx(300, abs=0.1), "unit": "s", "evidence": "assumed"}
    assert summary["neurons.network_burst.participation"]["value"] == 1
    assert summary["pulses.pulse.count"]["value"] == 7
    assert summary["breast.milk_removed.end"]["value"] > 0
    figure = nursing.figure()
    marks = {
        axes.get_title(loc="left"): [line for line in axes.lines if line.get_marker() == "v"] for axes in figure.axes
    }
    assert [len(line.get_xdata()) for line in marks["Pressure in the milk ducts"]] == [7]
    raster = next(lines for title, lines in marks.items() if "neurons" in title)
    assert raster[0].get_xdata() == pytest.approx(np.arange(5, 40, 5), abs=0.01)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "nursing, day 10 after birth"), ("nl", "zogend, dag 10 na de geboorte")]
)
def test_the_report_says_who_nurses(nursing: Any, lang: str, words: str) -> None:
    assert words in render(nursing, lang=lang)


def test_raster_and_profile_can_be_drawn_alone(nursing: Any) -> None:
    bursts = bursts_of(nursing.recorded)
    time, cell = (nursing.recorded.variables[f"neurons.spike.{name}"].data for name in ("time", "index"))
    figure = Figure()
    left, right = figure.subplots(1, 2)
    plot_raster(left, time, cell, 12, bursts, begin=100, end=700)
    assert left.get_xlim() == (100, 700)
    assert [len(line.get_xdata()) for line in left.lines if line.get_marker() == "v"] == [7]
    plot_profile(right, profile(time, cell, 12, bursts))
    assert right.lines[0].get_ydata().max() == pytest.approx(42, rel=0.1)
    empty = figure.subplots()
    plot_raster(empty, [], [], 3)
    assert empty.get_ylim() == (0.5, 3.5)
