"""Spontaneous pulses in a scenario: who may have them, and beside what."""

from __future__ import annotations

import pytest

import knuffel
from knuffel.assembly import assemble
from knuffel.errors import ScenarioError
from knuffel.scenario import loads_scenario

WOMAN = "duration: 30 min\nsubject: {species: human, sex: female, state: term}\n"
PULSES = "pulses: {model: spontaneous, settings: {stage: second_third, birth: 600}}"
BODY = f"body: {{neurons: off, uterus: off, breast: off, {PULSES}}}\n"


def problem(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(text)
    (found,) = caught.value.problems
    return f"{found.key}: {found.message} ({found.allowed}; {found.suggestion})"


def test_they_are_off_unless_asked_for() -> None:
    assert loads_scenario(WOMAN).rooms["pulses"].mode == "off"
    rooms = loads_scenario(WOMAN + BODY).rooms
    assert (rooms["pulses"].mode, rooms["pulses"].model) == ("model", "spontaneous")
    assert rooms["pulses"].settings == {"stage": "second_third", "birth": 600}


@pytest.mark.parametrize(
    "state", ["state: term", "state: pregnant, gestational_week: 39", "state: postpartum, days_postpartum: 1"]
)
def test_women_who_may_have_them(state: str) -> None:
    scenario = loads_scenario(WOMAN.replace("state: term", state) + BODY)
    assert assemble(scenario).used_by["pulses"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WOMAN.replace("state: term", "state: resting"), "pulses: spontaneous pulses were counted in women"),
        (WOMAN.replace("female, state: term", "male"), "pulses: spontaneous pulses were counted in women"),
        ("duration: 30 min\nsubject: {species: rat, sex: female}\n", "pulses: spontaneous pulses were counted in wom"),
        (WOMAN.replace("term", "lactating"), "pulses: spontaneous pulses were counted in women"),
    ],
)
def test_others_may_not(text: str, words: str) -> None:
    assert words in problem(text + BODY)


def test_a_uterus_has_its_own_generator() -> None:
    text = WOMAN + BODY.replace("uterus: off, ", "")
    assert "with a uterus its generator of pulses holds (body.uterus: off" in problem(text)
    assert loads_scenario(text.replace(PULSES, "pulses: off")).rooms["uterus"].mode == "model"


@pytest.mark.parametrize("setting", ["stage: second", "birth: -1", "birth: soon", "phase: term"])
def test_settings_that_cannot_be(setting: str) -> None:
    text = BODY.replace("stage: second_third, birth: 600", setting)
    assert "body.pulses.settings" in problem(WOMAN + text)


def test_a_run_gives_pulses_in_plasma_on_top_of_the_basal_level() -> None:
    result = knuffel.simulate(loads_scenario(WOMAN + BODY + "seed: 3\n"))
    level = result.dataset["plasma.oxytocin_concentration"].values
    assert level.min() >= 1.9 - 1e-9 and level.max() > 3
