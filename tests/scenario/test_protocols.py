"""Protocols by name: every one of the evidence gives the right amounts to the right people; mistakes are told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from knuffel.cli import app
from knuffel.errors import ScenarioError
from knuffel.evidence import load
from knuffel.scenario import loads_scenario
from knuffel.scenario.explain import explain
from knuffel.scenario.model import Scenario
from knuffel.scenario.protocols import is_induction, protocols
from knuffel.simulation import simulate

HEAD = "duration: 60 h\nobserve: {record: {every: 1 h}}\nbody: {neurons: off}\n"
PREGNANT = HEAD + "subject: {species: human, sex: female, state: term}\n"
WOMAN = HEAD + "subject: {species: human, sex: female}\n"
MAN = HEAD + "subject: {species: human, sex: male}\n"
RAT = HEAD + "subject: {species: rat, sex: female}\n"
FOR = {"pregnant": [PREGNANT], "woman": [WOMAN, PREGNANT], "human": [MAN, WOMAN, PREGNANT]}
MINUTE, HOUR = 60_000, 3_600_000
IU, UNIT = 1.71e6, 28.5

INDUCTIONS = {
    "AWHONN": (1, 2, 30, 20),
    "ACOG_low": (0.5, 2, 30, 40),
    "SOGC_low": (1, 2, 30, 30),
    "ACOG_high": (6, 6, 30, 42),
    "US_label": (0.5, 2, 30, 40),
    "low_reference": (1, 2, 30, 20),
    "high_reference": (6, 6, 20, 36),
}
"""First, increment (mU/min), interval (min), maximum (mU/min): lowest start, largest increment, 30 min, else 40."""

DOSES: dict[str, dict[str, Any]] = {
    "pph_im_10IU": {"route": "im", "pg": 10 * IU},
    "cs_5IU_bolus": {"route": "iv_bolus", "pg": 5 * IU, "seconds": 1},
    "carbetocin_100ug": {"route": "iv_bolus", "pg": 1e8, "seconds": 60},
    "intranasal_24IU": {"route": "intranasal_spray", "pg": 24 * IU},
    "inhaled_400ug": {"route": "inhaled_dry_powder", "pg": 4e8},
}


def read(text: str, dose: str) -> Scenario:
    return loads_scenario(f"{text}doses: [{dose}]\n")


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


def mistakes(text: str, dose: str) -> list[Any]:
    with pytest.raises(ScenarioError) as caught:
        read(text, dose)
    return list(caught.value.problems)


def mistake(text: str, dose: str) -> Any:
    (problem,) = mistakes(text, dose)
    return problem


def test_every_protocol_of_the_evidence_is_tested_here() -> None:
    courses = {"atosiban", "cs_bolus_then_infusion"}
    assert set(protocols()) == set(INDUCTIONS) | set(DOSES) | courses
    assert {name for name, entry in protocols().items() if is_induction(entry)} == set(INDUCTIONS)


@pytest.mark.parametrize("name", INDUCTIONS)
def test_inductions(name: str) -> None:
    first, increment, interval, maximum = INDUCTIONS[name]
    scenario = read(PREGNANT, f"{{protocol: {name}, start: 1 h, end: 9 h}}")
    plan = scenario.protocol
    assert plan is not None and scenario.doses == ()
    assert (plan.first, plan.increment, plan.maximum) == pytest.approx((first * UNIT, increment * UNIT, maximum * UNIT))
    assert (plan.start, plan.end, plan.interval) == (HOUR, 9 * HOUR, interval * MINUTE)
    assert (plan.rule, plan.pauses, plan.name) == ("contractions", (), name)
    assert scenario.rooms["pump"].mode == "model"
    assert codes(scenario) == (["high_rate_amber"] if maximum > 40 else [])


@pytest.mark.parametrize("name", DOSES)
def test_doses(name: str) -> None:
    wanted = DOSES[name]
    for who in FOR[protocols()[name]["for"]]:
        scenario = read(who, f"{{protocol: {name}, at: 1 h}}")
        (dose,) = scenario.doses
        assert (dose.drug, dose.route) == (protocols()[name]["drug"], wanted["route"])
        if "seconds" in wanted:
            ((start, end, rate),) = dose.segments
            assert (start, end) == (HOUR, HOUR + 1000 * wanted["seconds"])
            assert rate * wanted["seconds"] == pytest.approx(wanted["pg"])
        else:
            assert dose.amounts == ((HOUR, pytest.approx(wanted["pg"])),)
        assert codes(scenario) == []
        assert scenario.protocol is None and scenario.rooms["pump"].mode == "off"


def test_a_dose_may_be_given_faster_or_by_the_other_route() -> None:
    (dose,) = read(WOMAN, "{protocol: cs_5IU_bolus, at: 1 h, over: 30 s}").doses
    assert dose.segments == ((HOUR, HOUR + 30_000, pytest.approx(5 * IU / 30)),)
    (dose,) = read(WOMAN, "{protocol: cs_5IU_bolus, at: 1 h, over: 0 s}").doses
    assert dose.amounts == ((HOUR, pytest.approx(5 * IU)),)
    (dose,) = read(WOMAN, "{protocol: carbetocin_100ug, at: 1 h, route: im}").doses
    assert (dose.route, dose.amounts) == ("im", ((HOUR, pytest.approx(1e8)),))


def test_the_course_of_atosiban() -> None:
    scenario = read(PREGNANT, "{protocol: atosiban, at: 2 h}")
    bolus, infusion = scenario.doses
    ((start, end, rate),) = bolus.segments
    assert (start, end) == (2 * HOUR, 2 * HOUR + MINUTE) and rate * 60 == pytest.approx(6.75e9)
    assert [(begin, stop) for begin, stop, _ in infusion.segments] == [
        (2 * HOUR + MINUTE, 5 * HOUR + MINUTE),
        (5 * HOUR + MINUTE, 50 * HOUR + MINUTE),
    ]
    assert [rate for _, _, rate in infusion.segments] == pytest.approx([300e6 / 60, 100e6 / 60])
    total = sum((stop - begin) / 1000 * flow for dose in scenario.doses for begin, stop, flow in dose.segments)
    assert total == pytest.approx(protocols()["atosiban"]["max_total_mg"] * 1e9)
    assert codes(scenario) == []


def test_a_course_is_clipped_at_the_end() -> None:
    scenario = read(PREGNANT.replace("60 h", "4 h"), "{protocol: atosiban, at: 2 h}")
    assert scenario.doses[1].segments == ((2 * HOUR + MINUTE, 4 * HOUR, pytest.approx(5e6)),)
    assert codes(scenario) == ["dose_clipped"]


def test_a_bolus_and_then_an_infusion() -> None:
    bolus, infusion = read(WOMAN, "{protocol: cs_bolus_then_infusion, at: 1 h, duration: 2 h}").doses
    assert bolus.amounts == ((HOUR, pytest.approx(IU)),)
    assert infusion.segments == ((HOUR, 3 * HOUR, pytest.approx(2.5 * IU / 3600)),)
    scenario = read(WOMAN, "{protocol: cs_bolus_then_infusion, at: 1 h, duration: 2 h, rate: 20 IU/h}")
    assert scenario.doses[1].segments[0][2] == pytest.approx(20 * IU / 3600)
    assert codes(scenario) == ["outside_protocol"]


@pytest.mark.parametrize("name", ["acog_low", "ACOG_LOW", "induction_ACOG_low", "Induction_acog_Low", " ACOG_low "])
def test_case_and_prefix_do_not_matter(name: str) -> None:
    plan = read(PREGNANT, f"{{protocol: '{name}', start: 1 h, end: 2 h}}").protocol
    assert plan is not None and plan.name == "ACOG_low"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("first: 1 mU/min", []),
        ("first: 2 mU/min", []),
        ("first: 3 mU/min", ["outside_protocol"]),
        ("first: 0.4 mU/min", ["outside_protocol"]),
        ("increment: 1 mU/min", []),
        ("increment: 3 mU/min", ["outside_protocol"]),
        ("interval: 15 min", []),
        ("interval: 40 min", []),
        ("interval: 41 min", ["outside_protocol"]),
        ("interval: 14 min", ["outside_protocol"]),
        ("maximum: 12 mU/min", []),
        ("maximum: 41 mU/min", ["high_rate_amber"]),
        ("maximum: 61 mU/min", ["high_rate_red"]),
    ],
)
def test_unusual_values_give_a_notice(keys: str, expected: list[str]) -> None:
    assert codes(read(PREGNANT, f"{{protocol: ACOG_low, start: 1 h, end: 2 h, {keys}}}")) == expected


@pytest.mark.parametrize(
    ("keys", "rate", "expected"),
    [
        ("", 40, ["high_rate_red"]),
        ("maximum: 10 mU/min, ", 30, []),
        ("maximum: 10 mU/min, ", 31, ["high_rate_amber"]),
        ("maximum: 10 mU/min, pauses: [{from: 1 h, to: 2 h}], ", 31, []),
    ],
)
def test_an_induction_counts_with_its_maximum_beside_an_infusion(keys: str, rate: int, expected: list[str]) -> None:
    plan = f"{{protocol: ACOG_low, {keys}start: 1 h, end: 9 h}}"
    other = f"{{drug: oxytocin, route: iv_infusion, rate: {rate} mU/min, start: 1 h, end: 2 h}}"
    assert codes(read(PREGNANT, f"{plan}, {other}")) == expected


def test_carbetocin_twice_is_more_than_the_label() -> None:
    dose = "{protocol: carbetocin_100ug, at: %d h}"
    assert codes(read(WOMAN, f"{dose % 1}, {dose % 2}")) == ["large_course"]


def test_own_values_take_the_place_of_the_published_ones() -> None:
    keys = "first: 1.71 ng/min, increment: 1 mU/min, interval: 20 min, maximum: 8 mU/min, rule: none"
    plan = read(PREGNANT, f"{{protocol: ACOG_low, start: 1 h, duration: 3 h, {keys}}}").protocol
    assert plan is not None
    assert (plan.first, plan.increment, plan.maximum) == pytest.approx((UNIT, UNIT, 8 * UNIT))
    assert (plan.interval, plan.end, plan.rule) == (20 * MINUTE, 4 * HOUR, "none")


def test_an_induction_is_clipped_at_the_end() -> None:
    scenario = read(PREGNANT, "{protocol: AWHONN, start: 1 h, duration: 80 h}")
    assert scenario.protocol is not None and scenario.protocol.end == 60 * HOUR
    assert codes(scenario) == ["dose_clipped"]


@pytest.mark.parametrize(
    ("who", "dose", "key", "message"),
    [
        (PREGNANT, "{protocol: acog_lo, start: 1 h, end: 2 h}", "protocol", "no such protocol"),
        (PREGNANT, "{protocol: acog_low, end: 2 h}", "start", "needs this key"),
        (PREGNANT, "{protocol: acog_low, start: 1 h}", "end", "needs this key"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 30 min}", "end", "ends before"),
        (PREGNANT, "{protocol: acog_low, start: 61 h, duration: 1 h}", "start", "after the end"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, duration: 1 h}", "end", "exclude"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, first: -1 mU/min}", "first", "below zero"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, increment: -1 mU/min}", "increment", "below zero"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, first: 1 IU}", "first", "wrong kind"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, first: 50 mU/min}", "first", "above the maximum"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, maximum: 0.1 mU/min}", "maximum", "above the maximum"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, interval: 0 s}", "interval", "above zero"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, interval: 1 s}", "interval", "too many steps"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, rule: guess}", "rule", "not one of"),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, rate: 1 mU/min}", "rate", "does not read this key"),
        (
            PREGNANT,
            "{protocol: acog_low, start: 1 h, end: 2 h, sodium: 154 mmol/L}",
            "sodium",
            "does not read this key",
        ),
        (PREGNANT, "{protocol: acog_low, start: 1 h, end: 2 h, drug: oxytocin}", "drug", "does not read this key"),
        (
            PREGNANT,
            "{protocol: acog_low, start: 1 h, end: 2 h, pauses: [{from: 3 h, to: 4 h}]}",
            "pauses[0].from",
            "outside the infusion",
        ),
        (
            PREGNANT,
            "{protocol: acog_low, start: 1 h, end: 2 h, pauses: [{from: 90 min, to: 80 min}]}",
            "pauses[0].to",
            "ends before it starts",
        ),
        (MAN, "{protocol: acog_low, start: 1 h, end: 2 h}", "protocol", "for a pregnant woman"),
        (WOMAN, "{protocol: acog_low, start: 1 h, end: 2 h}", "protocol", "for a pregnant woman"),
        (WOMAN, "{protocol: atosiban, at: 1 h}", "protocol", "for a pregnant woman"),
        (MAN, "{protocol: pph_im_10IU, at: 1 h}", "protocol", "for a woman"),
        (RAT, "{protocol: intranasal_24IU, at: 1 h}", "protocol", "for people"),
        (WOMAN, "{protocol: pph_im_10IU}", "at", "needs this key"),
        (WOMAN, "{protocol: carbetocin_100ug, at: 1 h, route: oral}", "route", "not given this way"),
        (WOMAN, "{protocol: cs_bolus_then_infusion, at: 1 h}", "duration", "needs this key"),
        (WOMAN, "{protocol: pph_im_10IU, at: 1 h, start: 1 h}", "start", "does not read this key"),
    ],
)
def test_bad_input(who: str, dose: str, key: str, message: str) -> None:
    problem = mistake(who, dose)
    assert problem.key == f"doses[0].{key}"
    assert message in problem.message
    assert problem.line == 5


def test_the_nearest_name_is_shown() -> None:
    assert mistake(PREGNANT, "{protocol: low_referense, start: 1 h, end: 2 h}").suggestion == "low_reference"


def test_there_is_one_induction() -> None:
    two = "{protocol: acog_low, start: 1 h, end: 2 h}, {protocol: awhonn, start: 3 h, end: 4 h}"
    problem = mistake(PREGNANT, two)
    assert (problem.key, "one induction" in problem.message) == ("doses[1].protocol", True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("neurons: off, plasma: off, receptors: off, uterus: off", ["protocol_unheard"]),
        ("neurons: off, pump: off", ["protocol_unheard"]),
        ("neurons: off, uterus: off", ["protocol_blind"]),
        ("neurons: off", []),
    ],
)
def test_a_protocol_that_nobody_hears_is_told(body: str, expected: list[str]) -> None:
    text = PREGNANT.replace("neurons: off", body)
    scenario = read(text, "{protocol: acog_low, start: 1 h, end: 2 h}")
    assert [code for code in codes(scenario) if code.startswith("protocol")] == expected


def test_side_effects_run_as_with_any_long_infusion() -> None:
    rooms = read(PREGNANT, "{protocol: acog_low, start: 1 h, end: 4 h}").rooms
    assert rooms["circulation"].mode == rooms["water"].mode == "model"


DOSE = "{protocol: low_reference, start: 30 min, end: 3 h, pauses: [{from: 1 h, to: 90 min}]}"
SHORT = PREGNANT.replace("60 h", "4 h").replace("every: 1 h", "every: 5 min")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["pump by the protocol low_reference", "1 mU/min, then +2 mU/min every 30 min, up to 20 mU/min"]),
        ("nl", ["pomp volgens het protocol low_reference", "1 mU/min, dan +2 mU/min om de 30 min, tot 20 mU/min"]),
    ],
)
def test_explain_tells_an_induction(lang: str, words: list[str]) -> None:
    text = explain(read(SHORT, DOSE)).text(lang)
    pauses = {"en": ["the pump pauses", "to 90 min", "the pump stops", "not medical advice", "halved"]}
    pauses["nl"] = ["de pomp pauzeert", "tot 90 min", "de pomp stopt", "geen medisch advies", "gehalveerd"]
    for word in (*words, *pauses[lang]):
        assert word in text
    blind = explain(read(SHORT, DOSE.replace("start", "rule: none, start"))).text(lang)
    assert {"en": "whatever the uterus does", "nl": "wat de baarmoeder ook doet"}[lang] in blind


def test_a_result_tells_an_induction() -> None:
    from knuffel.report.html import render

    run = simulate(read(SHORT, DOSE.replace("start", "rule: none, start")))
    plan = run.attributes["protocol"]
    assert (plan["name"], plan["start"], plan["end"]) == ("low_reference", 30 * MINUTE, 3 * HOUR)
    assert plan["pauses"] == [[HOUR, 90 * MINUTE]]
    json.dumps(run.attributes["protocol"])
    # 1 mU/min to 1 h, nothing in the pause, then 3, 5 and 7 for half an hour each.
    assert run.summary()["pump.rate.peak"] == pytest.approx({"value": 7, "unit": "mU/min"} | _grade(run, "rate"))
    total = run.summary()["pump.oxytocin_infusion.total"]
    assert (total["value"], total["unit"]) == (pytest.approx(0.030 + 0.450), "IU")
    assert "plasma.oxytocin_exogenous.peak" in run.summary()
    page = render(run)
    for words in ("low reference: 1 mU/min", "not medical advice"):
        assert words.lower() in page.lower()
    figure = run.figure()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles.index("The pump") == titles.index("Oxytocin in plasma") - 1
    pump = figure.axes[titles.index("The pump")]
    steps = pump.lines[0].get_ydata()
    assert max(steps) == pytest.approx(7) and pump.lines[0].get_drawstyle() == "steps-pre"
    assert "medical advice" in " ".join(text.get_text() for text in figure.texts)


def _grade(run: Any, port: str) -> dict[str, str]:
    return {"evidence": run.attributes["evidence"][f"pump.{port}"]}


def test_without_an_induction_there_is_no_panel() -> None:
    run = simulate(read(SHORT, "{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 1 h}"))
    assert run.attributes["protocol"] is None
    assert "The pump" not in [axes.get_title(loc="left") for axes in run.figure().axes]
    assert not any(name.startswith("pump.") for name in run.summary())


def test_the_list_of_protocols() -> None:
    shown = CliRunner().invoke(app, ["protocols", "--json"])
    rows = {row["name"]: row for row in json.loads(shown.stdout)["protocols"]}
    assert set(rows) == set(protocols())
    low = rows["ACOG_low"]
    assert (low["first"], low["increment"], low["interval"], low["maximum"]) == ([0.5, 2], [1, 2], [15, 40], None)
    assert (low["for"], low["source"], low["mark"]) == ("pregnant", "PMC8363560 table 3", "S")
    assert rows["pph_im_10IU"]["given"] == {"route": "im", "dose_IU": 10}
    table = CliRunner().invoke(app, ["protocols"]).stdout
    assert all(name in table for name in protocols())
    assert "not medical advice" in table


def test_the_table_that_is_shipped_is_the_one_that_is_read() -> None:
    held = json.loads((load.root() / "data" / "pk" / "protocols.json").read_text(encoding="utf-8"))
    assert {name.removeprefix("induction_") for name in held} - {"note"} == set(protocols())
