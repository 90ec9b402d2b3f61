"""Nursing in a scenario: who is lactating, what is at the breast, stress and drugs, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from knuffel.assembly import Model, assemble
from knuffel.errors import ScenarioError
from knuffel.scenario import loads_scenario
from knuffel.scenario.explain import explain
from knuffel.scenario.model import Scenario, StimulusSpec

WOMAN = "duration: 1 day\nsubject: {species: human, sex: female, state: lactating}\n"
RAT = "duration: 1 h\nsubject: {species: rat, sex: female, state: lactating}\n"
RESTING = "duration: 1 h\nsubject: {species: human, sex: female}\n"


def stimuli(*items: str) -> str:
    return "stimuli: [" + ", ".join(f"{{{item}}}" for item in items) + "]\n"


def the_stimulus(text: str) -> StimulusSpec:
    (found,) = loads_scenario(text).stimuli
    return found


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


def problem(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(text)
    (found,) = caught.value.problems
    return f"{found.key}: {found.message} ({found.allowed}; {found.suggestion})"


def test_a_lactating_woman_by_default() -> None:
    who = loads_scenario(WOMAN).subject
    assert (who.state, who.days_postpartum, who.litter, who.lactation) == ("lactating", 30, None, None)
    assert who.kinetics == "human_women_np"
    rooms = loads_scenario(WOMAN).rooms
    assert (rooms["neurons"].model, rooms["uterus"].mode) == ("if-oxytocin", "off")
    assert (rooms["breast"].model, rooms["breast"].mode) == ("human-breast", "model")
    assert loads_scenario(RESTING).rooms["breast"].mode == "off"


def test_a_lactating_rat_by_default() -> None:
    scenario = loads_scenario(RAT)
    assert (scenario.subject.litter, scenario.subject.days_postpartum) == (10, 30)
    assert scenario.subject.kinetics == "rat_250g"
    neurons = scenario.rooms["neurons"]
    assert (neurons.model, neurons.settings["cells"]) == ("rossoni-2008", 48)
    assert (scenario.rooms["breast"].model, scenario.rooms["breast"].mode) == ("rat-mammary-gland", "model")
    assert loads_scenario(RAT + "body: {neurons: if-oxytocin}").rooms["neurons"].model == "if-oxytocin"
    assert loads_scenario(RAT + "fidelity: rate").rooms["neurons"].model == "rate"
    assert loads_scenario(RAT.replace("state: lactating", "state: resting")).rooms["neurons"].model == "if-oxytocin"


def room(model: Model, name: str) -> Any:
    (component,) = [part.component for part in model.wiring.parts if part.room == name]
    return component


def test_the_gland_of_a_woman_answers_bursts_as_in_lactation() -> None:
    model = assemble(loads_scenario(WOMAN.replace("lactating", "lactating, days_postpartum: 20")))
    assert room(model, "secretion").settings.burst_slope == "lactation"
    assert room(model, "physiology").settings.days_postpartum == 20
    assert room(assemble(loads_scenario(RESTING)), "secretion").settings.burst_slope == "default"
    few = assemble(loads_scenario(WOMAN + "body: {neurons: {model: rossoni-2008, cells: 19}}"))
    assert "few_cells" in [notice.code for notice in few.notices]
    enough = assemble(loads_scenario(WOMAN + "body: {neurons: {model: rossoni-2008, cells: 20}}"))
    assert "few_cells" not in [notice.code for notice in enough.notices]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WOMAN, 500),
        (WOMAN + "fidelity: rate", 500),
        (RESTING.replace("female", "female, state: term") + "fidelity: rate", 10_000),
        (RAT, 1000),
        (RESTING, 1000),
        (RESTING + "fidelity: rate", 60_000),
    ],
)
def test_the_gland_keeps_up_with_the_breast(text: str, expected: int) -> None:
    wiring = assemble(loads_scenario(text)).wiring
    (place,) = [place for place, part in enumerate(wiring.parts) if part.room == "secretion"]
    assert wiring.intervals[place] == expected


def test_stimuli_and_drugs_go_to_their_rooms() -> None:
    text = WOMAN + stimuli(FEED, "kind: epidural, start: 0 s, duration: 1 h")
    model = assemble(loads_scenario(text))
    assert [event.kind for event in room(model, "stimuli").settings.events] == ["feed"]
    assert [event.level for event in room(model, "modulators").settings.events] == ["epidural_gate"]
    assert model.grades(loads_scenario(text))["neurons.firing_rate"].endswith("stimulus grade C")


@pytest.mark.parametrize(("days", "expected"), [("3", 3), ("3 days", 3), ("12 h", 0.5), ("0", 0)])
def test_days_since_the_birth(days: str, expected: float) -> None:
    scenario = loads_scenario(WOMAN.replace("lactating", f"lactating, days_postpartum: {days}"))
    assert scenario.subject.days_postpartum == expected
    assert codes(scenario) == ["clearance_postpartum"]
    assert "non-pregnant" in str(scenario.notices[0])


WHO = [
    ("{species: human, sex: male, state: lactating}", "state: a man cannot be lactating"),
    ("{species: rat, sex: male, state: lactating}", "state: a male rat cannot be lactating"),
    ("{species: rat, sex: female, state: term}", "a female also lactating"),
    ("{species: human, sex: female, state: lactating, litter: 8}", "litter: people have no litter"),
    ("{species: rat, sex: female, litter: 8}", "litter: a litter belongs to a lactating rat"),
    ("{species: rat, sex: female, state: lactating, litter: 0}", "1 to 20"),
    ("{species: human, sex: female, days_postpartum: 3}", "days_postpartum: only a lactating subject"),
    ("{species: human, sex: female, state: lactating, days_postpartum: -1}", "0 to 1095 days"),
    ("{species: rat, sex: female, state: lactating, days_postpartum: 41}", "0 to 40 days"),
    ("{species: human, sex: female, state: lactating, gestational_week: 39}", "no gestational week"),
    ("{species: human, sex: female, lactation: early_days}", "lactation: only a lactating subject"),
    ("{species: human, sex: female, state: lactating, lactation: hooray}", "lactation: there is no such parameter set"),
    ("{species: human, sex: female, state: lactatin}", "; lactating)"),
]


@pytest.mark.parametrize(("who", "words"), WHO)
def test_who_cannot_be(who: str, words: str) -> None:
    assert words in problem(f"duration: 1 h\nsubject: {who}\n")


def test_a_feed() -> None:
    feed = the_stimulus(WOMAN + stimuli("kind: feed, start: 15 min, duration: 20 min, side: left, appetite: 35 mL"))
    assert (feed.start, feed.duration) == (900_000, 1_200_000)
    assert dict(feed.values) == {"left": 1, "right": 0, "appetite": 35}
    plain = the_stimulus(WOMAN + stimuli("kind: feed, start: 15 min, duration: 20 min, cue: true"))
    assert dict(plain.values) == {"left": 1, "right": 1, "cue": 1}


@pytest.mark.parametrize(("vacuum", "suction"), [("", 1), (", vacuum: half", 0.6), (", vacuum: none", 0)])
def test_a_pump(vacuum: str, suction: float) -> None:
    assert the_stimulus(WOMAN + stimuli(f"kind: pump, start: 0 s, duration: 15 min{vacuum}")).values == {
        "left": 1, "right": 1, "suction": suction,
    }  # fmt: skip


def test_a_litter_sucks() -> None:
    values = dict(the_stimulus(RAT + stimuli("kind: suckling, start: 0 s, duration: 30 min")).values)
    assert values == {"left": 1, "right": 1, "pups": 10, "litter": 10}
    some = the_stimulus(RAT + stimuli("kind: suckling, start: 0 s, duration: 30 min, pups: 4, side: right"))
    assert dict(some.values) == {"left": 0, "right": 1, "pups": 4, "litter": 10}


def test_feeds_repeat_and_sides_may_take_turns() -> None:
    day = loads_scenario(
        WOMAN + stimuli("kind: feed, start: 10 min, duration: 20 min, repeat: {every: 130 min, count: 11}")
    )
    assert [item.start // 60_000 for item in day.stimuli] == [10 + 130 * place for place in range(11)]
    both = (
        "kind: feed, start: 0 s, duration: 20 min, side: left",
        "kind: pump, start: 0 s, duration: 20 min, side: right",
    )
    assert len(loads_scenario(WOMAN + stimuli(*both)).stimuli) == 2


def test_drugs_and_their_doses() -> None:
    alcohol = the_stimulus(WOMAN + stimuli("kind: alcohol, start: 1 h, dose: 750 mg/kg"))
    assert alcohol.values["dose"] == pytest.approx(0.75)
    morphine = the_stimulus(WOMAN + stimuli("kind: morphine_iv, start: 1 h, dose: 5000 ug"))
    assert (morphine.values["dose"], morphine.duration) == (pytest.approx(5), 1_800_000)
    block = the_stimulus(RAT + stimuli("kind: adrenaline, start: 1 min"))
    assert block.duration == 180_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RESTING + "body: {breast: human-breast}", "the room breast belongs to a lactating subject"),
        (RAT + "body: {breast: human-breast}", "human-breast is not the breast of a rat"),
        (WOMAN + "body: {breast: rat-mammary-gland}", "rat-mammary-gland is not the breast of a woman"),
    ],
)
def test_whose_breast(text: str, words: str) -> None:
    assert words in problem(text)


FEED = "kind: feed, start: 15 min, duration: 20 min"
SUCKLING = "kind: suckling, start: 0 s, duration: 20 min"
WRONG = [
    (RESTING, [FEED], "stimuli[0].kind: feed needs a subject that is lactating"),
    (RESTING, ["kind: baby_cue, start: 0 s"], "subject.state: lactating"),
    (RAT.replace("lactating", "resting"), [SUCKLING], "suckling needs a subject that is lactating"),
    (RAT, [FEED], "known in people only, not in rats"),
    (WOMAN, [SUCKLING], "known in rats only, not in people"),
    (RAT, ["kind: mental_arithmetic, start: 0 s, duration: 1 min"], "known in people only"),
    (WOMAN, ["kind: desynchronised_eeg, start: 0 s, duration: 1 min"], "known in rats only"),
    (WOMAN, [FEED + ", side: lefft"], "; left)"),
    (WOMAN, ["kind: pump, start: 0 s, duration: 1 min, vacuum: ful"], "; full)"),
    (WOMAN, [FEED + ", vacuum: half"], "vacuum: this key does nothing for feed (side, appetite, cue"),
    (WOMAN, [FEED + ", intensity: 0.5"], "intensity: this key does nothing for feed"),
    (WOMAN, [FEED + ", pups: 3"], "pups: this key does nothing for feed"),
    (RAT, [SUCKLING + ", pups: 11"], "not a possible number of pups of this litter (1 to 10"),
    (RAT, [SUCKLING + ", pups: 0"], "1 to 10"),
    (WOMAN, [FEED + ", appetite: 0 mL"], "not a possible appetite"),
    (WOMAN, [FEED + ", appetite: 35 g"], "wrong kind of unit"),
    (WOMAN, ["kind: feed, start: 9 min, duration: 20 min, cue: true"], "cue would come before the start"),
    (WOMAN, [FEED, "kind: pump, start: 34 min, duration: 5 min, side: left"], "meets the feed of"),
    (WOMAN, [FEED + ", repeat: {every: 2 h}", "kind: feed, start: 150 min, duration: 9 min"], "150 min this"),
    (WOMAN, [FEED + ", repeat: {every: 15 min, count: 3}"], "it would begin again before it has ended"),
    (WOMAN, ["kind: feed, start: 0 s, duration: 5 min, repeat: {every: 20 min}"], "more than 48 feeds begin"),
    (WOMAN, ["kind: alcohol, start: 0 s"], "dose: alcohol needs this key"),
    (WOMAN, ["kind: alcohol, start: 0 s, dose: 4.1 g/kg"], "0 to 4 g/kg"),
    (WOMAN, ["kind: alcohol, start: 0 s, dose: -1 g/kg"], "0 to 4 g/kg"),
    (WOMAN, ["kind: alcohol, start: 0 s, dose: 1 g"], "wrong kind of unit"),
    (WOMAN, ["kind: alcohol, start: 0 s, dose: 1 g/kg, duration: 1 h"], "duration: this key does nothing for alcohol"),
    (WOMAN, ["kind: alcohol, start: 0 s, dose: 1 g/kg, intensity: 1"], "intensity: this key does nothing for alcohol"),
    (WOMAN, ["kind: epidural, start: 0 s, duration: 1 h, dose: 5 mg"], "dose: this key does nothing for epidural"),
    (WOMAN, ["kind: epidural, start: 0 s"], "duration: this key is missing"),
    (WOMAN, ["kind: baby_cue, start: 0 s, duration: 1 h"], "duration: this key does nothing for baby_cue"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "items", "words"), WRONG)
def test_what_cannot_be(who: str, items: list[str], words: str) -> None:
    assert words in problem(who + stimuli(*items))


def test_48_feeds_fit_into_a_day() -> None:
    text = WOMAN + stimuli("kind: feed, start: 0 s, duration: 5 min, repeat: {every: 30 min}")
    assert len(loads_scenario(text).stimuli) == 48


def test_notices() -> None:
    long = WOMAN + stimuli("kind: feed, start: 0 s, duration: 91 min")
    assert "long_feed" in codes(loads_scenario(long))
    assert "long_feed" not in codes(loads_scenario(long.replace("91", "90")))
    brief = RAT + stimuli("kind: suckling, start: 0 s, duration: 6 min")
    assert codes(loads_scenario(brief)) == ["short_suckling"]
    assert codes(loads_scenario(brief.replace("6 min", "7 min"))) == []
    central = RAT + stimuli("kind: oxytocin_icv, start: 0 s, duration: 6 min")
    assert codes(loads_scenario(central)) == []
    assert codes(loads_scenario(central + "body: {neurons: if-oxytocin}")) == ["stimuli_unheard"]


def test_what_nobody_hears() -> None:
    text = RESTING + stimuli("kind: noise, start: 0 s, duration: 1 min", "kind: alcohol, start: 0 s, dose: 1 g/kg")
    scenario = loads_scenario(text)
    assert [str(item).partition(": ")[2].partition(" changes")[0] for item in scenario.notices] == ["noise", "alcohol"]
    heard = loads_scenario(RESTING + stimuli("kind: morphine_iv, start: 0 s, dose: 5 mg"))
    assert codes(heard) == []


def test_explain_tells_what_happens() -> None:
    words = [
        (WOMAN, FEED + ", side: left, appetite: 35 mL, cue: true",
         "breastfeed  for 20 min, left, until 35 mL, with a cue before it, evidence A"),
        (WOMAN, "kind: pump, start: 0 s, duration: 15 min, vacuum: half",
         "breast pump  for 15 min, both sides, half vacuum, evidence B"),
        (RAT, SUCKLING + ", pups: 8", "suckling pups  for 20 min, 8 of 10 pups, both sides, evidence A"),
        (WOMAN, "kind: morphine_iv, start: 0 s, dose: 5 mg", "morphine into a vein  5 mg, evidence B"),
        (WOMAN, "kind: alcohol, start: 0 s, dose: 0.75 g/kg", "alcohol  0.75 g/kg, evidence B"),
    ]  # fmt: skip
    for who, item, expected in words:
        explanation = explain(loads_scenario(who + stimuli(item)))
        assert expected in explanation.text()
        drug = "dose" in item
        assert ("not medical advice" in explanation.text()) == drug
        assert ("geen medisch advies" in explanation.text("nl")) == drug
    text = explain(loads_scenario(RAT)).text()
    assert "A female rat, lactating, 30 days after the birth, 250 g.\nA litter of 10." in text
    assert "lacterend, 30 dagen na de geboorte" in explain(loads_scenario(WOMAN)).text("nl")
