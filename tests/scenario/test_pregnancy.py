"""Subjects who are pregnant, and those who are given drugs after a birth."""

from __future__ import annotations

import pytest

from knuffel.assembly import assemble
from knuffel.errors import ScenarioError
from knuffel.scenario import loads_scenario
from knuffel.scenario.explain import explain
from knuffel.simulation import simulate

WOMAN = "duration: 1 h\nsubject: {species: human, sex: female%s}\n"


def test_pregnant_defaults() -> None:
    scenario = loads_scenario(WOMAN % ", state: pregnant")
    assert (scenario.subject.gestational_week, scenario.subject.kinetics) == (20, "pregnancy_A")
    assert (scenario.subject.basal_profile, scenario.subject.days_postpartum) == ("thornton", None)
    assert [scenario.rooms[room].mode for room in ("receptors", "uterus", "breast")] == ["model", "off", "off"]
    assert "pregnant, 20 weeks" in explain(scenario).text("en")
    assert "20 weken zwanger" in explain(scenario).text("nl")
    other = loads_scenario(WOMAN % ", state: pregnant, gestational_week: 32+3, kinetics: pregnancy_B")
    assert other.subject.gestational_week == pytest.approx(32 + 3 / 7)
    assert other.sets == ("oxytocin-2018", "pregnancy_B")


def test_postpartum_defaults() -> None:
    scenario = loads_scenario(WOMAN % ", state: postpartum")
    assert (scenario.subject.gestational_week, scenario.subject.days_postpartum) == (40, 0)
    assert scenario.subject.kinetics == "pregnancy_A"
    later = loads_scenario(WOMAN % ", state: postpartum, days_postpartum: 5, gestational_week: 36")
    assert "5 days after a birth at 36 weeks" in explain(later).text("en")
    assert "5 dagen na een bevalling bij 36 weken" in explain(later).text("nl")


def test_review_raises_the_level_by_week_without_the_set_of_term() -> None:
    scenario = loads_scenario(WOMAN % ", state: pregnant, gestational_week: 40, basal_profile: review")
    assert scenario.sets == ("oxytocin-2018", "pregnancy_A")
    (adult,) = [part.component for part in assemble(scenario).wiring.parts if part.room == "physiology"]
    assert adult is not None
    assert (adult.settings.basal_profile, adult.settings.state) == ("review", "pregnant")


@pytest.mark.parametrize(
    ("more", "key", "message", "allowed"),
    [
        ("state: pregnant, gestational_week: 3", "gestational_week", "too early", "4 to 42 weeks; or state: resting"),
        ("state: pregnant, gestational_week: 43", "gestational_week", "not a possible week", "4 to 42 weeks"),
        ("state: pregnant, gestational_week: -1", "gestational_week", "not a possible week", "4 to 42 weeks"),
        ("state: term, gestational_week: 43", "gestational_week", "not a possible week", "37 to 42 weeks"),
        ("state: term, gestational_week: 30", "gestational_week", "this is not term", "or state: pregnant"),
        ("state: postpartum, gestational_week: 60", "gestational_week", "not a possible week", "4 to 42 weeks"),
        ("state: resting, gestational_week: 20", "gestational_week", "no gestational week", "state: pregnant"),
        ("state: lactating, gestational_week: 20", "gestational_week", "no gestational week", "leave it out"),
        ("state: postpartum, days_postpartum: 61", "days_postpartum", "number of days", "0 to 60 days"),
        ("state: postpartum, days_postpartum: -1", "days_postpartum", "number of days", "0 to 60 days"),
        ("state: pregnant, days_postpartum: 3", "days_postpartum", "after a birth", "lactating or postpartum"),
        ("state: pregnant, kinetics: term_A", "kinetics", "not for a pregnant woman", "pregnancy_A"),
        ("state: pregnant, basal_profile: equal", "basal_profile", "not for a pregnant subject", "review"),
        ("state: pregnant, labour: induction_ripe", "labour", "not for a pregnant woman", ""),
        ("state: pregnat", "state", "not one of", "pregnant"),
    ],
)
def test_contradictions(more: str, key: str, message: str, allowed: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(WOMAN % f", {more}")
    (problem,) = caught.value.problems
    assert problem.key == f"subject.{key}"
    assert message in problem.message
    assert allowed in str(problem.allowed)
    assert problem.line == 2


@pytest.mark.parametrize("who", ["human, sex: male", "rat, sex: female", "rat, sex: male"])
@pytest.mark.parametrize("state", ["pregnant", "postpartum"])
def test_only_a_woman(who: str, state: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(f"duration: 1 h\nsubject: {{species: {who}, state: {state}}}\n")
    assert caught.value.problems[0].key == "subject.state"


def test_a_pregnant_woman_runs() -> None:
    text = WOMAN % ", state: pregnant, gestational_week: 28" + "body: {neurons: off}\n"
    data = simulate(loads_scenario(text)).dataset
    assert data["physiology.pregnancy_factor"].values[0, 0] == pytest.approx(0.634, abs=0.002)
    assert data["physiology.clearance"].values[0, 0] * 60 == pytest.approx(4088, abs=2)


def test_a_man_can_have_receptors_but_no_uterus() -> None:
    text = "duration: 10 min\nsubject: {species: human, sex: male}\nbody: {neurons: off, receptors: operational%s}\n"
    assert loads_scenario(text.replace(", receptors: operational", "") % "").rooms["receptors"].mode == "off"
    scenario = loads_scenario(text % "")
    data = simulate(scenario).dataset
    assert (data["receptors.myometrium_effect"].values == 0).all()
    assert (data["receptors.density"].values == 0).all()
    assert (data["receptors.v2_drive"].values > 0.17).all()
    for wrong in (text % ", uterus: labour", text.replace("human, sex: male", "rat, sex: female") % ""):
        with pytest.raises(ScenarioError) as caught:
            loads_scenario(wrong)
        assert caught.value.problems[0].key in ("body.uterus", "body.receptors")


def test_desensitisation_can_be_switched_off() -> None:
    text = "duration: 4 h\nsubject: {species: human, sex: female, state: term}\nbody: {neurons: off%s}\n"
    text += "doses: [{drug: oxytocin, route: iv_infusion, rate: 20 mU/min, start: 0 min, end: 4 h}]\n"
    worn = simulate(loads_scenario(text % "")).dataset
    fresh = simulate(loads_scenario(text % ", receptors: {settings: {desensitisation: off}}")).dataset
    assert (fresh["receptors.density"].values == 477).all()
    assert (fresh["receptors.coupled_fraction"].values == 1).all()
    assert worn["receptors.density"].values[0, -1] < 350
    assert worn["uterus.activity"].values[0, -1] < fresh["uterus.activity"].values[0, -1]
    with pytest.raises(ScenarioError, match="on, off"):
        loads_scenario(text % ", receptors: {settings: {desensitisation: maybe}}")
