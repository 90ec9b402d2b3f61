"""What figures of drugs show: one curve for each of few subjects, panels of other drugs and fluids, and assays."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from knuffel.report import assays, drugs, people
from knuffel.report.html import render
from knuffel.report.texts import texts
from knuffel.report.view import View
from knuffel.scenario import loads_scenario
from knuffel.simulation import simulate
from tests.report.test_figure import overlaps, titles

REST = "body: {neurons: off, secretion: basal, uterus: off"
TWO = f"""
duration: 30 min
subject: {{species: human, sex: female, state: term, count: 2}}
doses:
  - {{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 5 min, subject: 1}}
  - {{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 5 min, over: 5 min, subject: 2}}
{REST}}}
"""
WEEKS = f"""
duration: 60 min
subject: {{species: human, sex: female, state: pregnant}}
population: {{n: 4, spread: none, covariates: {{gestational_week: {{values: [8, 20, 32, 40]}}}}}}
doses: [{{drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 10 min, end: 50 min}}]
{REST}}}
"""
ATOSIBAN = f"""
duration: 2 h
subject: {{species: human, sex: female, state: pregnant, gestational_week: 30}}
doses: [{{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 10 min, end: 90 min}}]
{REST}}}
"""
CARBETOCIN = f"""
duration: 1 h
subject: {{species: human, sex: female, state: postpartum, days_postpartum: 0}}
doses: [{{drug: carbetocin, route: im, amount: 100 ug, at: 5 min}}]
{REST}}}
"""
NOSE = f"""
duration: 1 h
subject: {{species: human, sex: male}}
doses: [{{drug: oxytocin, route: intranasal_spray, amount: 24 IU, at: 10 min}}]
{REST}}}
observe: {{samples: [{{assay: saliva_eia, every: 20 min, port: saliva.oxytocin_concentration}}]}}
"""
LABORATORIES = f"""
duration: 1 h
subject: {{species: human, sex: female}}
population: {{n: 12}}
doses: [{{drug: oxytocin, route: iv_infusion, rate: 5 mU/min, start: 30 min, end: 1 h}}]
{REST}}}
observe:
  samples:
    - {{assay: truth, every: 20 min}}
    - {{assay: ria_extracted, every: 20 min}}
    - {{assay: eia_unextracted, every: 20 min}}
    - {{assay: ria_extracted, name: ria_serum, every: 20 min, tube: serum, held: 60 min}}
"""
PLASMA = "Oxytocin in plasma"


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """Return every scenario of this file, run once."""
    given = {"two": TWO, "weeks": WEEKS, "atosiban": ATOSIBAN, "carbetocin": CARBETOCIN, "nose": NOSE}
    return {name: simulate(loads_scenario(text)) for name, text in (given | {"laboratories": LABORATORIES}).items()}


def panel(figure: Any, title: str) -> Any:
    """Return the axes with a title."""
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def words(figure: Any) -> str:
    """Return what stands in the head and the foot of a figure."""
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("name", ["two", "weeks", "atosiban", "carbetocin", "nose", "laboratories"])
def test_nothing_overlaps_and_every_run_says_what_it_is_not(runs: dict[str, Any], name: str, lang: str) -> None:
    figure = runs[name].figure(lang=lang)
    assert overlaps(figure) == ([], [])
    mark = {"en": "research and teaching, not medical advice", "nl": "onderzoek en onderwijs, geen medisch advies"}
    assert mark[lang] in words(figure)
    assert mark[lang] in render(runs[name], lang=lang)


def test_few_subjects_have_a_curve_and_a_colour_each(runs: dict[str, Any]) -> None:
    figure = runs["two"].figure()
    plasma = panel(figure, PLASMA)
    drawn = {line.get_color(): float(np.nanmax(line.get_ydata())) for line in plasma.lines if len(line.get_ydata()) > 2}
    highest = runs["two"].recorded.variables["plasma.oxytocin_concentration"].data.max(axis=1)
    assert list(drawn) == people.colours(View(runs["two"], texts("en")))
    assert list(drawn.values()) == pytest.approx(highest)
    assert not plasma.collections or all(not item.get_array() for item in plasma.collections)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["subject 1", "subject 2"]
    assert "2 subjects, one curve each" in words(figure)


def test_a_highest_level_is_not_cut_off(runs: dict[str, Any]) -> None:
    for name in ("two", "weeks", "carbetocin", "nose", "atosiban"):
        for axes in runs[name].figure().axes[1:]:
            top = axes.get_ylim()[1]
            assert all(max(map(float, line.get_ydata()), default=0) < top for line in axes.lines)


@pytest.mark.parametrize(("lang", "start"), [("en", "subject 2: oxytocin iv bolus"), ("nl", "nummer 2: oxytocin iv")])
def test_a_dose_of_one_subject_says_so(runs: dict[str, Any], lang: str, start: str) -> None:
    shown = [text.get_text() for text in runs["two"].figure(lang=lang).axes[0].texts]
    assert any(text.startswith(start) for text in shown)
    assert f"<td>{start}" in render(runs["two"], lang=lang)


def test_other_text_before_a_colon_is_left_alone() -> None:
    for label in ("oxytocin iv bolus", "subject: a name", "subject x: y"):
        assert people.dose_name(label, texts("nl")) == label


def test_a_covariate_that_differs_names_the_subjects(runs: dict[str, Any]) -> None:
    view = View(runs["weeks"], texts("en"))
    assert people.names(view) == ["8 weeks", "20 weeks", "32 weeks", "40 weeks"]
    assert len(set(people.colours(view))) == 4
    assert people.names(View(runs["weeks"], texts("nl")))[0] == "8 weken"


def test_clearance_stands_by_week_on_an_axis_of_its_own(runs: dict[str, Any]) -> None:
    figure = runs["weeks"].figure()
    assert titles(figure)[-2:] == ["Clearance, by week", "Oxytocinase, by week"]
    marks = panel(figure, "Clearance, by week").collections[0].get_offsets()
    assert marks[:, 0].tolist() == [8, 20, 32, 40]
    first = runs["weeks"].recorded.variables["physiology.clearance"].data[:, 0]
    assert np.asarray(marks[:, 1]).tolist() == pytest.approx((60 * first).tolist())
    assert (np.diff(marks[:, 1]) > 0).all()
    assert not drugs.apart(View(runs["two"], texts("en")))


def test_another_drug_comes_first_and_flat_oxytocin_goes(runs: dict[str, Any]) -> None:
    shown = titles(runs["atosiban"].figure())
    assert shown[1] == "Atosiban in plasma"
    assert PLASMA not in shown and "Secretion into blood" not in shown
    lines = panel(runs["atosiban"].figure(), "Atosiban in plasma").lines
    levels = runs["atosiban"].recorded.variables
    highest = [levels[f"plasma.atosiban_{name}concentration"].data.max() / 1000 for name in ("", "m1_")]
    assert [float(line.get_ydata().max()) for line in lines] == pytest.approx(highest)
    assert titles(runs["carbetocin"].figure())[1] == "Carbetocin in plasma"


def test_receptors_are_shown_when_a_drug_moves_them(runs: dict[str, Any]) -> None:
    title = "Receptors of the uterus, relative to the start"
    lines = panel(runs["carbetocin"].figure(), title).lines
    assert [float(line.get_ydata()[0]) for line in lines] == [100, 100]
    assert float(lines[1].get_ydata().min()) < 90
    assert title not in titles(runs["atosiban"].figure())


def test_a_spray_shows_cerebrospinal_fluid_and_saliva(runs: dict[str, Any]) -> None:
    figure = runs["nose"].figure()
    assert {"Oxytocin in cerebrospinal fluid", "Oxytocin in saliva"} <= set(titles(figure))
    saliva = panel(figure, "Oxytocin in saliva")
    assert saliva.get_yscale() == "log"
    assert any(text.get_text().startswith("saliva EIA") for text in saliva.get_legend().get_texts())
    assert "Oxytocin in cerebrospinal fluid" not in titles(runs["weeks"].figure())


def test_assays_far_apart_share_a_logarithmic_axis(runs: dict[str, Any]) -> None:
    figure = runs["laboratories"].figure()
    axes = panel(figure, "The same blood by 4 methods")
    assert axes.get_yscale() == "log"
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(names) == 4 and any(re.search("serum after 60 min", name) for name in names)
    figure.canvas.draw()
    box = axes.get_legend().get_window_extent()
    tops = [axes.transData.transform((0, path.vertices[:, 1].max()))[1] for item in axes.collections
            for path in item.get_paths()]  # fmt: skip
    assert max(tops) < box.y0
    low, high = axes.get_xlim()
    assert all(low <= value <= high for line in axes.lines for value in line.get_xdata())
    assert not assays.compared(View(runs["two"], texts("en")))


def test_numbers_of_drugs_and_fluids_are_told(runs: dict[str, Any]) -> None:
    atosiban, nose = runs["atosiban"].summary(), runs["nose"].summary()
    for port in ("plasma.atosiban_concentration", "plasma.atosiban_m1_concentration"):
        assert {f"{port}.{name}" for name in ("peak", "time_of_peak", "end")} <= set(atosiban)
        assert atosiban[f"{port}.peak"]["value"] > atosiban[f"{port}.end"]["value"] > 0
    assert not any(name.startswith(("plasma.oxytocin_exogenous", "plasma.carbetocin")) for name in atosiban)
    assert {f"csf.oxytocin_concentration.{name}" for name in ("basal", "peak", "time_of_peak")} <= set(nose)
    assert nose["saliva.oxytocin_concentration.peak"]["value"] > nose["saliva.oxytocin_concentration.basal"]["value"]
    assert "plasma.oxytocin_exogenous.peak" in nose
    carbetocin = runs["carbetocin"].summary()
    assert carbetocin["receptors.coupled_fraction.lowest"]["value"] < 1
    assert carbetocin["receptors.density.end"]["unit"] == "fmol/mg"
    page = render(runs["carbetocin"], lang="nl")
    assert "Carbetocine in het plasma: hoogste" in page


def test_samples_of_few_subjects_have_their_colours() -> None:
    sampled = TWO + "observe: {samples: [{assay: ria_extracted, every: 10 min}, {assay: lcms_2d, every: 10 min}]}\n"
    result = simulate(loads_scenario(sampled))
    figure = result.figure()
    marks = [line for line in panel(figure, PLASMA).lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert {line.get_color() for line in marks} == set(people.colours(View(result, texts("en"))))
    assert sum(len(line.get_xdata()) for line in marks) == 2 * 4
    assert overlaps(figure) == ([], [])
