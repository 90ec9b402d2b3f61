"""Every drug and route: what was typed reaches the right port, in pg; water in mL and mmol; warnings and mistakes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knuffel.assembly import assemble
from knuffel.body.contract import Inputs, Kind
from knuffel.body.doses import BOLUS, EVERY_DOSE, INFUSION, NASAL, SODIUM_PORT, WATER_PORT, port_name
from knuffel.body.water import Antidiuresis
from knuffel.errors import ScenarioError
from knuffel.evidence import load
from knuffel.scenario import loads_scenario
from knuffel.scenario.explain import explain
from knuffel.scenario.model import Scenario
from knuffel.simulation import simulate
from tests.body.rooms import STREAMS, subjects

WOMAN = (
    "duration: 60 h\nsubject: {species: human, sex: female}\nbody: {neurons: off}\nobserve: {record: {every: 1 h}}\n"
)
RAT = WOMAN.replace("human", "rat")
MINUTE, HOUR = 60_000, 3_600_000
IU = 1.71e6
MOLAR = {"oxytocin": 1007.19, "carbetocin": 988.16, "atosiban": 994.19}


def read(*doses: str, text: str = WOMAN) -> Scenario:
    return loads_scenario(f"{text}doses: [{', '.join(doses)}]\n")


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


def mistake(dose: str, text: str = WOMAN) -> Any:
    with pytest.raises(ScenarioError) as caught:
        read(dose, text=text)
    (problem,) = caught.value.problems
    return problem


def delivered(scenario: Scenario) -> dict[str, float]:
    """Return all that the source of doses hands over, by port, in the port unit (rates times seconds)."""
    source = next(part for part in assemble(scenario).wiring.parts if part.room == "doses")
    assert source.component is not None
    state, _ = source.component.init(subjects(), Inputs(), STREAMS)
    total = {port.name: 0.0 for port in source.outputs}
    edges = sorted({0, *source.component.edges(), scenario.duration})
    for begin, end in pairwise(edges):
        for name, value in source.component.advance(state, Inputs(), begin, end - begin, STREAMS).items():
            total[name] += float(np.asarray(value)[0])
    return total


@pytest.mark.parametrize(("drug", "route"), EVERY_DOSE)
def test_every_drug_and_route_reaches_its_port(drug: str, route: str) -> None:
    how = "rate: 60 ug/h, start: 1 h, end: 2 h" if route == INFUSION else "amount: 60 ug, at: 1 h"
    scenario = read(f"{{drug: {drug}, route: {route}, {how}}}")
    found = delivered(scenario)
    assert found.pop(port_name(drug, route)) == pytest.approx(60e6)
    if route == NASAL:
        assert found.pop("doses.oxytocin_nose_to_brain") == pytest.approx(60e6)
    assert found == {}
    read_by = {port.name for part in assemble(scenario).wiring.parts for port in part.inputs}
    assert port_name(drug, route) in read_by


@pytest.mark.parametrize(
    ("drug", "amounts"),
    [
        ("oxytocin", ["5 IU", "5000 mU", "5000000 uU", "8.55 ug", "8550 ng", "8550000 pg", "0.00855 mg"]),
        ("oxytocin", ["8.55 ug", f"{8550 / MOLAR['oxytocin']} nmol", f"{8_550_000 / MOLAR['oxytocin']} pmol"]),
        ("carbetocin", ["100 ug", "0.1 mg", f"{100_000 / MOLAR['carbetocin']} nmol"]),
        ("atosiban", ["6.75 mg", "6750 ug", f"{6_750_000 / MOLAR['atosiban']} nmol"]),
    ],
)
def test_units_agree(drug: str, amounts: list[str]) -> None:
    found = [
        read(f"{{drug: {drug}, route: iv_bolus, amount: {item}, at: 1 h}}").doses[0].amounts[0][1] for item in amounts
    ]
    assert found == pytest.approx([found[0]] * len(found), rel=1e-4)  # molar masses have six digits
    rates = [
        read(f"{{drug: {drug}, route: iv_infusion, rate: {item}/h, start: 1 h, end: 2 h}}").doses[0].segments[0][2]
        for item in amounts
    ]
    assert rates == pytest.approx([found[0] / 3600] * len(found), rel=1e-4)


@pytest.mark.parametrize("rate", ["60 mU/min", "1 mU/s", "3.6 IU/h", "102.6 ng/min"])
def test_rates_agree_per_second_minute_and_hour(rate: str) -> None:
    (dose,) = read(f"{{drug: oxytocin, route: iv_infusion, rate: {rate}, start: 1 h, end: 2 h}}").doses
    assert dose.segments[0][2] == pytest.approx(1710)


def test_overlapping_infusions_add() -> None:
    one = "{drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 1 h, end: 3 h}"
    other = "{drug: oxytocin, route: iv_infusion, rate: 5 mU/min, start: 2 h, end: 4 h}"
    both = delivered(read(one, other))
    name = port_name("oxytocin", INFUSION)
    assert both == {name: pytest.approx(delivered(read(one))[name] + delivered(read(other))[name])}
    assert both[name] == pytest.approx(30 * 60 * IU / 1000)
    together, first, second = (exogenous(*doses) for doses in ((one, other), (one,), (other,)))
    assert together == pytest.approx(first + second, rel=1e-6)
    assert (first > 0).all() and (second[1:] > 0).all()


def exogenous(*doses: str) -> Any:
    """Return given oxytocin in plasma at 1.5, 2.5, 3.5 and 4.5 h."""
    text = WOMAN.replace("60 h", "5 h").replace("every: 1 h", "every: 30 min")
    held = simulate(read(*doses, text=text)).recorded.variables
    rows = np.isin(np.asarray(held["time"].data[...]), [(2 * hour + 1) * HOUR // 2 for hour in (1, 2, 3, 4)])
    return np.asarray(held["plasma.oxytocin_exogenous"].data[...])[0, rows]


@pytest.mark.parametrize(("drug", "route"), EVERY_DOSE)
def test_a_dose_of_nothing_is_legal(drug: str, route: str) -> None:
    how = "rate: 0 ug/h, start: 1 h, end: 2 h" if route == INFUSION else "amount: 0 ug, at: 1 h"
    scenario = read(f"{{drug: {drug}, route: {route}, {how}}}")
    assert set(delivered(scenario).values()) == {0.0}
    assert codes(scenario) == []


@pytest.mark.parametrize(
    ("dose", "expected"),
    [
        ("{drug: oxytocin, route: iv_bolus, amount: 100 IU, at: 1 h}", []),
        ("{drug: oxytocin, route: iv_bolus, amount: 100.1 IU, at: 1 h}", ["large_bolus"]),
        ("{drug: oxytocin, route: im, amount: 101 IU, at: 1 h}", ["large_bolus"]),
        ("{drug: oxytocin, route: intranasal_spray, amount: 101 IU, at: 1 h}", []),
        ("{drug: oxytocin, route: iv_infusion, rate: 40 mU/min, start: 1 h, end: 2 h}", []),
        ("{drug: oxytocin, route: iv_infusion, rate: 40.1 mU/min, start: 1 h, end: 2 h}", ["high_rate_amber"]),
        ("{drug: oxytocin, route: iv_infusion, rate: 60 mU/min, start: 1 h, end: 2 h}", ["high_rate_amber"]),
        ("{drug: oxytocin, route: iv_infusion, rate: 60.1 mU/min, start: 1 h, end: 2 h}", ["high_rate_red"]),
        ("{drug: carbetocin, route: iv_bolus, amount: 100 ug, at: 1 h}", []),
        ("{drug: carbetocin, route: iv_bolus, amount: 101 ug, at: 1 h}", ["large_bolus"]),
        ("{drug: carbetocin, route: im, amount: 101 ug, at: 1 h}", ["large_bolus"]),
        ("{drug: atosiban, route: iv_infusion, rate: 100 ug/min, start: 1 h, duration: 48 h}", []),
        ("{drug: atosiban, route: iv_infusion, rate: 10 ug/min, start: 1 h, duration: 50 h}", ["large_course"]),
        ("{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 1 h, duration: 20 h}", ["large_course"]),
    ],
)
def test_warnings(dose: str, expected: list[str]) -> None:
    assert codes(read(dose)) == expected


def test_a_course_counts_all_doses_of_atosiban() -> None:
    half = "{{drug: atosiban, route: iv_bolus, amount: 200 mg, at: {at} h}}"
    assert codes(read(half.format(at=1))) == []
    assert codes(read(half.format(at=1), half.format(at=2))) == ["large_course"]


def infusion(rate: float, start: int, end: int, more: str = "") -> str:
    return f"{{drug: oxytocin, route: iv_infusion, rate: {rate} mU/min, start: {start} h, end: {end} h{more}}}"


def bolus(amount: str, at: str, drug: str = "oxytocin", route: str = "iv_bolus", more: str = "") -> str:
    return f"{{drug: {drug}, route: {route}, amount: {amount}, at: {at}{more}}}"


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ([infusion(20, 1, 3), infusion(20, 2, 4)], []),
        ([infusion(20, 1, 3), infusion(20.1, 2, 4)], ["high_rate_amber"]),
        ([infusion(40, 1, 3), infusion(40, 2, 4)], ["high_rate_red"]),
        ([infusion(40, 1, 2), infusion(40, 2, 4)], []),
        ([infusion(30, 1, 3), infusion(30, 2, 5), infusion(10, 4, 6)], ["high_rate_amber"]),
        ([infusion(41, 1, 3), infusion(10, 2, 4)], ["high_rate_amber"]),
        ([infusion(41, 1, 3), infusion(30, 2, 4)], ["high_rate_amber", "high_rate_red"]),
        ([infusion(61, 1, 3), infusion(40, 2, 4)], ["high_rate_red"]),
    ],
)
def test_infusions_that_overlap_are_warned_of_together(doses: list[str], expected: list[str]) -> None:
    assert codes(read(*doses)) == expected


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ([bolus("50 IU", "1 h"), bolus("50 IU", "1 h")], []),
        ([bolus("60 IU", "1 h"), bolus("60 IU", "1 h")], ["large_bolus"]),
        ([bolus("60 IU", "60 s"), bolus("60 IU", "120 s")], ["large_bolus"]),
        ([bolus("60 IU", "60 s"), bolus("60 IU", "121 s")], []),
        ([bolus("60 IU", "60 s", more=", over: 30 s"), bolus("60 IU", "2 min")], ["large_bolus"]),
        ([bolus("60 IU", "60 s"), bolus("60 IU", "1 min", more=", over: 2 min")], []),
        ([bolus("60 IU", "1 min", more=", over: 2 min"), bolus("75 IU", "3 min")], ["large_bolus"]),
        ([bolus("60 IU", "1 h", route="im"), bolus("60 IU", "1 h", route="im")], ["large_bolus"]),
        ([bolus("60 IU", "1 h", route="im"), bolus("60 IU", "1 h")], []),
        ([bolus("101 IU", "1 h"), bolus("60 IU", "1 h")], ["large_bolus"]),
        ([bolus("50 ug", "1 h", "carbetocin"), bolus("50 ug", "9 h", "carbetocin", "im")], []),
        ([bolus("60 ug", "1 h", "carbetocin"), bolus("60 ug", "9 h", "carbetocin", "im")], ["large_course"]),
        ([bolus("101 ug", "1 h", "carbetocin"), bolus("60 ug", "9 h", "carbetocin")], ["large_bolus"]),
        (["{drug: carbetocin, route: iv_infusion, rate: 51 ug/h, start: 1 h, end: 3 h}"], ["large_course"]),
        (["{drug: carbetocin, route: iv_infusion, rate: 50 ug/h, start: 1 h, end: 3 h}"], []),
    ],
)
def test_doses_of_one_subject_are_warned_of_together(doses: list[str], expected: list[str]) -> None:
    assert codes(read(*doses)) == expected


def test_doses_of_different_subjects_do_not_add() -> None:
    two = WOMAN + "population: {n: 3, spread: none}\n"
    first, second = (infusion(40, 1, 2, f", subject: {number}") for number in (1, 2))
    assert codes(read(first, second, text=two)) == []
    assert codes(read(first, second, infusion(30, 1, 2), text=two)) == ["high_rate_red"]
    assert codes(read(first, infusion(10, 1, 2), second, text=two)) == ["high_rate_amber"]


def test_rats_get_no_warnings_of_people() -> None:
    assert codes(read("{drug: oxytocin, route: iv_bolus, amount: 200 IU, at: 1 h}", text=RAT)) == []
    assert codes(read(infusion(40, 1, 2), infusion(40, 1, 2), text=RAT)) == []


# Water


def test_the_ports_of_water_are_those_that_the_room_reads() -> None:
    inputs = {port.name: port for port in Antidiuresis.inputs}
    for port in (WATER_PORT, SODIUM_PORT):
        assert (inputs[port.name].unit, inputs[port.name].kind) == (port.unit, port.kind)
        assert port.kind is Kind.RATE


def test_an_infusion_of_water() -> None:
    scenario = read("{drug: water, route: iv_infusion, rate: 5 mL/min, start: 1 h, end: 3 h, sodium: 154 mmol/L}")
    assert delivered(scenario) == {"doses.water": pytest.approx(600), "doses.sodium": pytest.approx(92.4)}
    assert scenario.rooms["water"].mode == scenario.rooms["receptors"].mode == "model"
    assert codes(scenario) == []


@pytest.mark.parametrize("rate", ["0.3 L/h", "300 mL/h", "5 mL/min", "5000 uL/min"])
def test_rates_of_water(rate: str) -> None:
    found = delivered(read(f"{{drug: water, route: iv_infusion, rate: {rate}, start: 1 h, end: 2 h}}"))
    assert found == {"doses.water": pytest.approx(300), "doses.sodium": 0}


@pytest.mark.parametrize(("over", "minutes"), [("", 5), (", over: 20 min", 20)])
def test_water_to_drink(over: str, minutes: int) -> None:
    scenario = read(f"{{drug: water, route: oral, amount: 0.5 L, at: 1 h{over}}}")
    (dose,) = scenario.doses
    assert dose.segments == ((HOUR, HOUR + minutes * MINUTE, pytest.approx(500 / minutes / 60)),)
    assert delivered(scenario)["doses.water"] == pytest.approx(500)
    default = load.parameters()["doses.drinking_time"]
    assert (default.value, default.unit) == (5, "min")


def test_steps_of_water_and_a_drink_add() -> None:
    steps = "steps: [{at: 1 h, rate: 1 mL/min}, {at: 2 h, rate: 2 mL/min}], end: 3 h, sodium: 77 mmol/L"
    drink = "{drug: water, route: oral, amount: 200 mL, at: 90 min}"
    found = delivered(read(f"{{drug: water, route: iv_infusion, {steps}}}", drink))
    assert found == {"doses.water": pytest.approx(380), "doses.sodium": pytest.approx(0.18 * 77)}


def test_what_is_given_reaches_the_body() -> None:
    text = WOMAN.replace("60 h", "2 h").replace("every: 1 h", "every: 10 min")
    runs = [
        simulate(read(*doses, text=text + "engine: {debug: true}\n"))
        for doses in (
            ["{drug: water, route: oral, amount: 0 mL, at: 30 min}"],
            ["{drug: water, route: oral, amount: 700 mL, at: 30 min}"],
            ["{drug: water, route: iv_infusion, rate: 70 mL/min, start: 30 min, duration: 10 min, sodium: 140 mmol/L}"],
        )
    ]
    nothing, drunk, isotonic = (float(run.summary()["water.body_water.end"]["value"]) for run in runs)
    assert drunk - nothing == pytest.approx(700, rel=1e-9)
    assert isotonic - nothing == pytest.approx(700, rel=1e-9)
    sodium = [float(run.summary()["water.serum_sodium.end"]["value"]) for run in runs]
    assert sodium[1] == pytest.approx(sodium[0] * nothing / drunk)
    assert sodium[2] == pytest.approx((sodium[0] * nothing + 140 * 700) / isotonic)


def test_the_fluid_of_an_infusion_follows_from_the_rate() -> None:
    keys = "steps: [{at: 1 h, rate: 10 mU/min}, {at: 2 h, rate: 20 mU/min}], end: 3 h, concentration: 10 IU/L"
    scenario = read(f"{{drug: oxytocin, route: iv_infusion, {keys}, sodium: 154 mmol/L}}")
    drug, water = scenario.doses
    assert (drug.drug, drug.sodium, water.drug, water.sodium) == ("oxytocin", 0, "water", 154)
    assert [rate for *_, rate in water.segments] == pytest.approx([1 / 60, 2 / 60])
    found = delivered(scenario)
    assert found[port_name("oxytocin", INFUSION)] == pytest.approx(1.8 * IU)
    assert found["doses.water"] == pytest.approx(180)
    assert found["doses.sodium"] == pytest.approx(0.18 * 154)
    plain = read(f"{{drug: oxytocin, route: iv_infusion, {keys}}}".replace(", concentration: 10 IU/L", ""))
    assert [dose.drug for dose in plain.doses] == ["oxytocin"]
    assert plain.doses[0] == drug


@pytest.mark.parametrize("content", ["10 IU/L", "10 mU/mL", "17.1 ug/L", "17.1 ng/mL"])
def test_concentrations_agree(content: str) -> None:
    dose = f"{{drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 1 h, end: 2 h, concentration: {content}}}"
    assert read(dose).doses[1].segments[0][2] == pytest.approx(1 / 60)


def test_the_fluid_of_other_drugs() -> None:
    dose = "{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 1 h, end: 2 h, concentration: 0.75 mg/mL}"
    assert read(dose).doses[1].segments[0][2] == pytest.approx(0.4 / 60)


BAG = "{drug: oxytocin, route: iv_infusion, rate: 1 mU/min, start: 1 h, end: 2 h, "
DRIP = "{drug: water, route: iv_infusion, start: 1 h, end: 2 h, "
DRINK = "{drug: water, route: oral, at: 1 h, "


@pytest.mark.parametrize(
    ("dose", "key", "message", "allowed"),
    [
        (DRIP + "rate: 5 mU/min}", "rate", "wrong kind", "mL/min"),
        (DRIP + "rate: 5}", "rate", "unit is missing", "mL/min"),
        (DRIP + "rate: 5 mL}", "rate", "wrong kind", "mL/min"),
        (DRIP + "rate: -5 mL/min}", "rate", "below zero", "0 or more"),
        (DRIP + "rate: 5 mL/min, sodium: 154}", "sodium", "unit is missing", "154 mmol/L"),
        (DRIP + "rate: 5 mL/min, sodium: 154 mg/L}", "sodium", "wrong kind", "154 mmol/L"),
        (DRIP + "rate: 5 mL/min, sodium: -1 mmol/L}", "sodium", "below zero", "0 mmol/L or more"),
        (DRIP + "rate: 5 mL/min, concentration: 10 IU/L}", "concentration", "does nothing", "sodium"),
        (DRINK + "amount: 5 IU}", "amount", "wrong kind", "mL"),
        (DRINK + "amount: 500}", "amount", "unit is missing", "mL"),
        (DRINK + "amount: -500 mL}", "amount", "below zero", "0 or more"),
        (DRINK + "amount: 500 mL, over: 0 s}", "over", "above zero", ""),
        (DRINK + "amount: 500 mL, rate: 5 mL/min}", "rate", "does nothing", "over"),
        ("{drug: water, route: im, amount: 5 mL, at: 1 h}", "route", "not given by this route", "oral"),
        ("{drug: water, route: orall, amount: 5 mL, at: 1 h}", "route", "no such route", "oral"),
        ("{drug: watr, route: oral, amount: 5 mL, at: 1 h}", "drug", "no such drug", "water"),
        (BAG + "concentration: 10 mL}", "concentration", "wrong kind", "10 IU/L"),
        (BAG + "concentration: 10}", "concentration", "unit is missing", "10 IU/L"),
        (BAG + "concentration: 0 IU/L}", "concentration", "has to hold some", "more than 0"),
        (BAG + "sodium: 154 mmol/L}", "sodium", "volume", "concentration"),
        ("{drug: oxytocin, route: im, amount: 5 IU, at: 1 h, sodium: 1 mmol/L}", "sodium", "does nothing", "amount"),
        ("{drug: oxytocin, route: iv_bolus, amount: 5 mL, at: 1 h}", "amount", "wrong kind", "IU"),
    ],
)
def test_bad_input(dose: str, key: str, message: str, allowed: str) -> None:
    problem = mistake(dose)
    assert (problem.key, problem.line) == (f"doses[0].{key}", 5)
    assert message in problem.message
    assert allowed in str(problem.allowed)


def test_there_is_no_water_of_rats() -> None:
    assert "in rats" in mistake("{drug: water, route: oral, amount: 5 mL, at: 1 h}", RAT).message
    dose = BAG + "concentration: 10 IU/L}"
    assert mistake(dose, RAT).key == "doses[0].concentration"


def test_water_that_nobody_hears_is_told() -> None:
    text = WOMAN.replace("neurons: off", "neurons: off, water: off")
    scenario = read("{drug: water, route: oral, amount: 5 mL, at: 1 h}", text=text)
    assert codes(scenario) == ["water_unheard"]
    bloodless = WOMAN.replace("neurons: off", "neurons: off, plasma: off, receptors: off, water: antidiuresis")
    assert codes(read("{drug: water, route: oral, amount: 5 mL, at: 1 h}", text=bloodless)) == ["full_diuresis"]


def test_explain_tells_water_and_every_route() -> None:
    water = "{drug: water, route: oral, amount: 500 mL, at: 1 h}"
    drip = "{drug: water, route: iv_infusion, rate: 5 mL/min, start: 2 h, end: 3 h, sodium: 154 mmol/L}"
    shot = "{drug: carbetocin, route: im, amount: 100 ug, at: 4 h}"
    course = "{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 5 h, end: 6 h}"
    slow = "{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 7 h, over: 30 s}"
    found = explain(read(water, drip, shot, course, slow))
    english, dutch = found.text("en"), found.text("nl")
    for words in ("water, to drink over 5 min", "5 mL/min, 154 mmol/L sodium", "carbetocin, into a muscle"):
        assert words in english
    for words in ("300 ug/min = 5e+06 pg/s", "oxytocin, into a vein over 30 s", "5 IU: 8.55 ug"):
        assert words in english
    for words in ("water, te drinken in 5 min", "5 mL/min, 154 mmol/L natrium", "carbetocine, in een spier"):
        assert words in dutch


def test_a_bolus_takes_no_keys_of_an_infusion() -> None:
    problem = mistake("{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 1 h, concentration: 10 IU/L}")
    assert problem.key == "doses[0].concentration" and BOLUS in problem.message
