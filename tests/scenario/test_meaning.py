"""What sound scenarios mean: doses, times, notices, prescribed outputs, overrides, long runs."""

from __future__ import annotations

import pytest

from knuffel.errors import ScenarioError
from knuffel.scenario import load_scenario, loads_scenario
from knuffel.scenario.model import Scenario

MAN = "duration: 1 h\nsubject: {species: human, sex: male}\n"
WOMAN = "duration: 1 h\nsubject: {species: human, sex: female}\n"


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


@pytest.mark.parametrize(
    ("amount", "picograms"),
    [("1 IU", 1.71e6), ("1000 mU", 1.71e6), ("1.71 ug", 1.71e6), ("1 µg", 1e6), ("5 ng", 5e3), ("0 IU", 0)],
)
def test_amounts(amount: str, picograms: float) -> None:
    text = MAN + f"doses: [{{drug: oxytocin, route: iv_bolus, amount: {amount}, at: 1 min}}]"
    (dose,) = loads_scenario(text).doses
    assert dose.amounts == ((60_000, pytest.approx(picograms)),)


def test_amount_in_moles() -> None:
    text = MAN + "doses: [{drug: oxytocin, route: iv_bolus, amount: 1 nmol, at: 1 min}]"
    assert loads_scenario(text).doses[0].amounts[0][1] == pytest.approx(1.007e6, rel=1e-3)


def test_slow_bolus_and_clock_times() -> None:
    text = MAN + "start: 09:00\ndoses: [{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 09:10, over: 30 s}]"
    (dose,) = loads_scenario(text).doses
    assert dose.amounts == ()
    assert dose.segments == ((600_000, 630_000, pytest.approx(57_000)),)


def test_infusion_is_clipped_with_a_notice() -> None:
    text = MAN + "doses: [{drug: oxytocin, route: iv_infusion, rate: 1 mU/min, start: 30 min, duration: 1 h}]"
    scenario = loads_scenario(text)
    assert scenario.doses[0].segments == ((1_800_000, 3_600_000, pytest.approx(28.5)),)
    assert codes(scenario) == ["dose_clipped"]


@pytest.mark.parametrize(
    ("rate", "expected"), [("40 mU/min", []), ("41 mU/min", ["high_rate_amber"]), ("61 mU/min", ["high_rate_red"])]
)
def test_high_rates(rate: str, expected: list[str]) -> None:
    text = MAN + f"doses: [{{drug: oxytocin, route: iv_infusion, rate: {rate}, start: 0 s, end: 1 h}}]"
    assert codes(loads_scenario(text)) == expected


@pytest.mark.parametrize(
    ("last", "words"),
    [("20 mU/min", "1 to 20 mU/min in 2 steps, 0 s to 60 min"), ("57 ng/min", "1 mU/min to 57 ng/min in 2 steps")],
)
def test_steps_name_the_first_and_the_last_rate(last: str, words: str) -> None:
    steps = f"steps: [{{at: 0 s, rate: 1 mU/min}}, {{at: 30 min, rate: {last}}}]"
    (dose,) = loads_scenario(MAN + f"doses: [{{drug: oxytocin, route: iv_infusion, end: 1 h, {steps}}}]").doses
    assert words in dose.text


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("doses: [{drug: oxytocin, route: iv_bolus, amount: 101 IU, at: 1 s}]", "large_bolus"),
        ("stimuli: [{kind: hug, start: 1 s, duration: 1 s}]\nbody: {neurons: off}", "stimuli_unheard"),
        ("body: {neurons: off, secretion: basal, modulators: {parameters: {naloxone: 1}}}", "modulators_unheard"),
        ("stimuli: [{kind: pet_stroking, start: 1 s, duration: 1 s, partner: wanted}]", "partner_unused"),
    ],
)
def test_notices(extra: str, code: str) -> None:
    assert codes(loads_scenario(WOMAN + extra)) == [code]


def test_several_people_differ_by_chance_only_and_that_is_said() -> None:
    assert codes(load_scenario("infusion_man", ["subject.count=3"])) == ["identical_subjects"]


def test_unusual_weight() -> None:
    scenario = load_scenario("infusion_man", ["subject.weight=200 kg"])
    assert codes(scenario) == ["unusual_weight"]
    assert scenario.notices[0].where.startswith("--set subject.weight=200 kg")


@pytest.mark.parametrize(
    ("weight", "key"),
    [
        ("{median: 70 kg, cv: 15 %}", None),
        ("{median: 70 kg, cv: 15 %, from: 35 kg, to: 160 kg}", None),
        ("{median: 170 kg, cv: 15 %}", "median"),
        ("{mean: 30 kg, sd: 3 kg}", "mean"),
        ("{median: 70 kg, cv: 15 %, from: 1 kg}", "from"),
        ("{from: 40 kg, to: 200 kg}", "to"),
        ("{values: [20 kg, 70 kg, 200 kg]}", "values"),
    ],
)
def test_unusual_weights_of_a_cohort(weight: str, key: str | None) -> None:
    scenario = loads_scenario(WOMAN + f"population: {{n: 3, spread: none, covariates: {{weight: {weight}}}}}\n")
    assert codes(scenario) == ([] if key is None else ["unusual_weight"])
    if key is not None:
        assert scenario.notices[0].where.endswith(f"population.covariates.weight.{key}")
    if key == "values":
        assert scenario.notices[0].message.startswith("a weight of 20 kg") and "1 more" in scenario.notices[0].message


def test_a_rat_of_a_cohort_may_weigh_less_than_a_woman() -> None:
    rats = "duration: 1 h\nsubject: {species: rat, sex: female}\npopulation: {n: 3, spread: none, covariates: "
    assert codes(loads_scenario(rats + "{weight: {mean: 250 g, sd: 20 g, from: 150 g, to: 600 g}}}\n")) == []
    assert codes(loads_scenario(rats + "{weight: {mean: 250 g, sd: 20 g, to: 700 g}}}\n")) == ["unusual_weight"]


def test_term_defaults_and_weeks_with_days() -> None:
    text = "duration: 1 h\nsubject: {species: human, sex: female, state: term%s}\n"
    scenario = loads_scenario(text % "")
    assert scenario.subject.gestational_week == 39
    assert scenario.subject.kinetics == "term_A"
    assert scenario.subject.labour_preset == "induction_ripe"
    assert scenario.rooms["uterus"].mode == "model"
    assert loads_scenario(text % ", gestational_week: 40+1").subject.gestational_week == pytest.approx(40 + 1 / 7)
    assert loads_scenario(text % ", basal_profile: review").sets[2] == "basal_review_term"


def test_protocol_values() -> None:
    text = WOMAN + "stimuli: [{kind: saturating_ramp, start: 1 min, gain: 2, from: 0.5, time_constant: 2 min}]"
    (item,) = loads_scenario(text).stimuli
    assert item.values == {"gain": 2, "from": 0.5, "time_constant": 120}
    assert (item.start, item.duration) == (60_000, 0)


@pytest.mark.parametrize(
    ("signal", "kind"),
    [
        ("5 pg/mL", "constant"),
        ("{value: 5 ng/L}", "constant"),
        ("{table: [[0 min, 2 pg/mL], [10 min, 5 pg/mL]], interpolation: step}", "table"),
        ("{expression: '1.9 + 3*exp(-t/600)', unit: pg/mL}", "expression"),
    ],
)
def test_prescribed_levels(signal: str, kind: str) -> None:
    text = MAN + f"body: {{plasma: {{mode: prescribed, outputs: {{plasma.oxytocin_concentration: {signal}}}}}}}"
    room = loads_scenario(text).rooms["plasma"]
    assert room.mode == "prescribed"
    found = room.outputs["plasma.oxytocin_concentration"]
    assert (found.kind, found.unit) == (kind, "pg/mL")
    if kind == "table":
        assert (found.times, found.values, found.interpolation) == ((0, 600_000), (2, 5), "step")


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        ("{value: 5 pg/mL, times: [1 s]}", "exactly one form"),
        ("{times: [1 s]}", "does not fit"),
        ("{table: []}", "empty"),
        ("{table: [[0 min]]}", "pair"),
        ("{table: [[10 min, 1 pg/mL], [5 min, 2 pg/mL]]}", "rise"),
        ("{expression: t}", "needs its unit"),
        ("{expression: t, unit: mmHg}", "unit of the port"),
        ("{expression: t - 5, unit: pg/mL}", "out of its range at t = 0 s"),
        ("{expression: '__import__(1)', unit: pg/mL}", "unknown function"),
        ("{value: -1 pg/mL}", "out of its range"),
    ],
)
def test_prescribed_mistakes(signal: str, message: str) -> None:
    text = MAN + f"body: {{plasma: {{mode: prescribed, outputs: {{plasma.oxytocin_concentration: {signal}}}}}}}"
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(text)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.line == 3


def test_overrides() -> None:
    scenario = load_scenario(
        "hug_woman",
        [
            "subject.weight=80 kg",
            "events[0].intensity=0.5",
            "body.neurons.parameters.psp_rate=220 Hz",
            "body.receptors=off",
            "observe.samples[1].times=[1 min, 2 min]",
            'body.plasma.outputs."plasma.oxytocin_concentration".value=5 pg/mL',
            "body.plasma.mode=prescribed",
            "seed=7",
        ],
    )
    assert scenario.subject.weight == 80
    assert scenario.stimuli[0].intensity == 0.5
    override = scenario.rooms["neurons"].overrides["neurons.psp_rate"]
    assert (override.value, override.unit) == (220, "Hz")
    assert override.where.startswith("--set body.neurons.parameters.psp_rate=220 Hz")
    assert scenario.rooms["receptors"].mode == "off"
    assert scenario.observe.samples[1].times == (60_000, 120_000)
    assert scenario.rooms["plasma"].outputs["plasma.oxytocin_concentration"].value == 5
    assert scenario.seed == 7


def test_override_of_a_short_form_keeps_the_model() -> None:
    scenario = load_scenario("infusion_man", ["body.secretion.mode=off"])
    assert (scenario.rooms["secretion"].model, scenario.rooms["secretion"].mode) == ("basal", "off")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("nonsense", "path=value"),
        ("=3", "path=value"),
        ("doses[5].rate=1 mU/min", "no [5]"),
        ("doses.rate=1 mU/min", "in a list"),
        ("duration.x=1", "no parts"),
        ("subject.weigth=80 kg", "unknown key"),
        ("subject.weight=80", "unit is missing"),
        ("subject.weight=[1, 2]", "single"),
        ("doses[0].rate=-5 mU/min", "below zero"),
        ("doses=[", "not YAML"),
    ],
)
def test_bad_overrides(override: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("infusion_man", [override])
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.file.startswith("--set ")
    assert problem.line is None or "not YAML" in problem.message


def test_long_runs() -> None:
    text = "duration: 10000000 s\nsubject: {species: human, sex: male}\nobserve: {record: {every: 1 h}}\n"
    assert loads_scenario(text + "body: {neurons: off}").duration == 10**10
    assert loads_scenario(text).duration == 10**10


def test_quoted_words_stay_words() -> None:
    scenario = loads_scenario(MAN + 'title: "null"\ndescription: no\n')
    assert scenario.title == {"en": "null", "nl": "null"}
    assert scenario.description["en"] == "no"


def test_settings_of_a_model() -> None:
    scenario = loads_scenario(MAN + "body: {secretion: {settings: {calcium_exponent: 5}}}")
    assert scenario.rooms["secretion"].settings == {"calcium_exponent": 5}
    for wrong in ("calcium_exponent: 4", "calcium: 5", "calcium_exponent: many"):
        with pytest.raises(ScenarioError) as caught:
            loads_scenario(MAN + f"body: {{secretion: {{settings: {{{wrong}}}}}}}")
        assert caught.value.problems[0].line == 3


def test_settings_that_are_lists() -> None:
    text = MAN + "body: {neurons: {model: rossoni-2008, settings: {%s}}}"
    for given, expected in (
        ('insensitive_cells: "3, 17"', {"insensitive_cells": (3, 17)}),
        ("insensitive_cells: 3", {"insensitive_cells": (3,)}),
        ('graph: "0 3, 1 5"', {"graph": ((0, 3), (1, 5))}),
    ):
        assert loads_scenario(text % given).rooms["neurons"].settings == {"cells": 48, **expected}
    with pytest.raises(ScenarioError, match="list of whole numbers"):
        loads_scenario(text % "insensitive_cells: third")


VASOPRESSIN = "duration: 1 h\nsubject: {species: %s, sex: male}\nbody: {neurons: if-vasopressin%s}"


def test_vasopressin_neurons_switch_off_what_is_made_for_oxytocin() -> None:
    rat = loads_scenario(VASOPRESSIN % ("rat", ""))
    assert {room: rat.rooms[room].mode for room in ("secretion", "plasma", "receptors", "uterus")} == {
        "secretion": "model",
        "plasma": "off",
        "receptors": "off",
        "uterus": "off",
    }
    assert rat.sets[0] == "if-vasopressin-phasic"
    person = loads_scenario(VASOPRESSIN % ("human", ""))
    assert [person.rooms[room].mode for room in ("secretion", "plasma")] == ["off", "off"]
    given = ", plasma: {outputs: {oxytocin_concentration: {value: 2 pg/mL}}}"
    assert loads_scenario(VASOPRESSIN % ("rat", given)).rooms["plasma"].mode == "prescribed"


@pytest.mark.parametrize(
    ("who", "room"),
    [("rat", "plasma: two-compartment"), ("human", "secretion: secretion-2018"), ("human", "plasma: two-compartment")],
)
def test_vasopressin_neurons_do_not_feed_what_is_made_for_oxytocin(who: str, room: str) -> None:
    with pytest.raises(ScenarioError, match="the neurons make vasopressin"):
        loads_scenario(VASOPRESSIN % (who, f", {room}"))
