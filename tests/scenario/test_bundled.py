"""The scenarios that come with knuffel: they read without a problem, and say what they are meant to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from knuffel.scenario import bundled, load_scenario, loads_scenario
from knuffel.scenario.explain import explain
from tests.architecture.tree import PACKAGE

NAMES = tuple(sorted(path.stem for path in (PACKAGE / "scenarios").glob("*.yaml")))


def test_names() -> None:
    assert bundled() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_reads_explains_and_is_plain_data(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title["en"] != scenario.title["nl"]
    assert scenario.description["en"] != scenario.description["nl"]
    early = name == "five_days_of_feeds"  # the blood of the first days after a birth is not in the model
    assert [notice.code for notice in scenario.notices] == (["clearance_postpartum"] if early else [])
    json.dumps(scenario.resolved, allow_nan=False)
    facts = explain(scenario).as_dict()
    json.dumps(facts, allow_nan=False)
    for lang in ("en", "nl"):
        assert scenario.title[lang] in facts["text"][lang]


def test_cck_rat() -> None:
    scenario = load_scenario("cck_rat")
    assert scenario.duration == 3_600_000
    assert [(item.kind, item.start) for item in scenario.stimuli] == [("cck_iv", 600_000)]
    assert scenario.sets == ("oxytocin-2018", "rat_250g")
    assert scenario.rooms["neurons"].settings == {"cells": 100}
    assert [scenario.rooms[room].mode for room in ("receptors", "uterus")] == ["off", "off"]


def test_antidromic_rat() -> None:
    scenario = load_scenario("antidromic_rat")
    (train,) = scenario.stimuli
    assert (train.kind, train.start, train.duration, train.values) == ("antidromic", 120_000, 4000, {"rate": 50.0})
    assert "50 stimuli a second" in explain(scenario).text("en")
    assert "50 prikkels per seconde" in explain(scenario).text("nl")


def test_an_injection_knows_how_long_it_acts() -> None:
    text = "duration: 1 h\nsubject: {species: rat, sex: male}\nstimuli: [{kind: alpha_msh, start: 1 min"
    for more, duration in (("}]", 1_800_000), (", duration: 5 min}]", 300_000)):
        (event,) = loads_scenario(text + more).stimuli
        assert event.duration == duration


def test_osmotic_rat() -> None:
    (event,) = load_scenario("osmotic_rat").stimuli
    assert (event.kind, event.duration, event.values) == ("osmotic", 1_800_000, {"rise": 20.0})
    assert "+20 mOsm/kg" in explain(load_scenario("osmotic_rat")).text("nl")


def test_hug_woman() -> None:
    scenario = load_scenario("hug_woman")
    (hug,) = scenario.stimuli
    assert (hug.kind, hug.start, hug.duration, hug.partner) == ("hug", 900_000, 60_000, "wanted")
    assert [item.assay for item in scenario.observe.samples] == ["ria_extracted", "eia_unextracted"]
    assert "grade D" in explain(scenario).text("en")


def test_infusion_man() -> None:
    scenario = load_scenario("infusion_man")
    assert scenario.rooms["neurons"].mode == "off"
    assert scenario.rooms["secretion"].model == "basal"
    (dose,) = scenario.doses
    assert dose.segments == ((600_000, 4_200_000, pytest.approx(285)),)
    text = explain(scenario).text("en")
    assert "10 mU/min = 285 pg/s" in text
    assert "not medical advice" in text


def test_labour_infusion() -> None:
    scenario = load_scenario("labour_infusion")
    assert scenario.sets == ("oxytocin-2018", "term_A", "induction_ripe")
    rates = [segment[2] / 28.5 for segment in scenario.doses[0].segments]
    assert rates == pytest.approx([1, 2, 5, 10, 20])
    assert scenario.observe.tocograph


def test_spike_train() -> None:
    scenario = load_scenario("spike_train")
    signal = scenario.rooms["neurons"].outputs["neurons.spike"]
    assert len(signal.event_times) == 780
    assert signal.event_times[:3] == (100_077, 100_154, 100_231)
    assert signal.event_times[12] == 101_000
    assert signal.event_times[-1] == 160_000


def test_hash_follows_the_content_only(tmp_path: Path) -> None:
    first = load_scenario("infusion_man")
    copy = tmp_path / "other.yaml"
    copy.write_text(
        "# a comment\n" + first.source.replace("10 mU/min, start", "10.0  mU/min,   start"), encoding="utf-8"
    )
    assert load_scenario(copy).hash == first.hash
    assert load_scenario("infusion_man", ["doses[0].rate=11 mU/min"]).hash != first.hash
    assert load_scenario("infusion_man", ["seed=2"]).hash != first.hash


def test_explain_says_what_is_off_and_prescribed() -> None:
    text = explain(load_scenario("spike_train")).text("nl")
    assert "voorgeschreven" in text
    assert "uit (stil)" in text


def test_defaults_of_a_short_scenario() -> None:
    scenario = loads_scenario("duration: 1 h\nsubject: {species: human, sex: female}")
    assert scenario.start_clock == 9 * 3600
    assert scenario.seed == 1
    assert scenario.observe.record_every == 10_000
    assert scenario.subject.kinetics == "human_women_np"
    without = loads_scenario("duration: 1 h\nsubject: {species: human, sex: male}\nbody: {neurons: off}")
    assert without.observe.record_every == 60_000
    assert without.rooms["secretion"].model == "basal"


def test_import_is_light() -> None:
    heavy = ("pydantic", "ruamel.yaml", "pint", "numpy")
    code = f"import sys, knuffel.scenario; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
