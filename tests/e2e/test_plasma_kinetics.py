"""Concentrations without an engine: the same numbers as a run, exact solutions, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.kinetics import DAY, Peer, relative_error
from knuffel import Kinetics, plasma_kinetics, simulate
from knuffel.errors import ParameterError
from knuffel.scenario import loads_scenario

PORTS = {drug: f"plasma.{drug}_concentration" for drug in ("oxytocin", "carbetocin", "atosiban")}
PLAIN = "body: {neurons: off, secretion: basal, circulation: off}\nobserve: {record: {every: 5 min}}\n"
WOMAN = "duration: 6 h\nsubject: {species: human, sex: female"

SCENARIOS = {
    "man": "duration: 6 h\nsubject: {species: human, sex: male, weight: 95 kg}\n"
    "doses: [{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 1 h},"
    " {drug: oxytocin, route: iv_infusion, rate: 20 mU/min, start: 30 min, end: 3 h},"
    " {drug: oxytocin, route: iv_infusion, rate: 5 mU/min, start: 2 h, end: 4 h}]\n" + PLAIN,
    "routes": WOMAN + "}\ndoses: ["
    + ", ".join(
        f"{{drug: oxytocin, route: {route}, amount: 100 IU, at: {place} h}}"
        for place, route in enumerate(
            ("im", "subcutaneous", "intranasal_spray", "inhaled_dry_powder", "sublingual", "buccal")
        )
    )
    + "]\n" + PLAIN,
    "term": WOMAN + ", state: term}\ndoses: [{drug: carbetocin, route: im, amount: 100 ug, at: 1 h},"
    " {drug: carbetocin, route: iv_bolus, amount: 20 ug, at: 2 h, over: 1 min},"
    " {drug: oxytocin, route: vaginal_gel, amount: 400 IU, at: 3 h}]\n" + PLAIN,
    "atosiban": WOMAN + ", state: term}\ndoses: [{protocol: atosiban, at: 1 h}]\n" + PLAIN,
    "cohort": WOMAN + "}\npopulation: {n: 7}\n"
    "doses: [{drug: oxytocin, route: im, amount: 10 IU, at: 1 h, subject: 3},"
    " {drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 2 h, end: 3 h}]\n" + PLAIN,
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_numbers_are_those_of_a_run(name: str) -> None:
    scenario = loads_scenario(SCENARIOS[name])
    run, blood = simulate(scenario).recorded.variables, plasma_kinetics(scenario)
    times = np.asarray(run["time"].data) / 1000
    for drug, port in PORTS.items():
        found, expected = blood.concentration(times, drug), np.asarray(run[port].data)
        # A row just before a bolus shows the level that it finds, ours the one that it leaves.
        at_dose = np.isin(times * 1000, [time for dose in scenario.doses for time, _ in dose.amounts])
        assert found[:, ~at_dose] == pytest.approx(expected[:, ~at_dose], rel=1e-11, abs=1e-12), drug


def test_the_day_of_the_benchmark_is_exact() -> None:
    scenario = loads_scenario(DAY)
    times = np.arange(90.0, 86400.0, 1789.0)
    peer, ours = Peer(scenario), plasma_kinetics(scenario).concentration(times)[0]
    assert relative_error(ours, peer.exact(times)) < 1e-12
    assert relative_error(ours, peer.solve(times, "DOP853", 1e-12)) < 1e-9


def test_times_between_and_before_doses_do_not_depend_on_each_other() -> None:
    blood = plasma_kinetics(loads_scenario(SCENARIOS["man"]))
    many = np.arange(0.0, 6 * 3600, 7.0)
    dense = blood.concentration(many)
    for place in (0, 1, 700, 3000):
        assert blood.concentration([many[place]]) == pytest.approx(dense[:, place : place + 1], rel=1e-10)


@pytest.mark.parametrize("times", [[], [-1.0], [1.0, 1.0], [2.0, 1.0], [[1.0]]])
def test_times_have_to_ascend(times: list[float]) -> None:
    with pytest.raises(ParameterError, match="ascend"):
        plasma_kinetics(loads_scenario(SCENARIOS["man"])).concentration(times)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("duration: 1 h\nsubject: {species: human, sex: male}\nbody: {neurons: {cells: 20}}\n", "neurons is if-oxy"),
        ("duration: 1 h\nsubject: {species: rat, sex: male, kinetics: rat_saturable}\n" + PLAIN, "saturates"),
        (WOMAN + ", state: term}\ndoses: [{protocol: acog_low, start: 0 h, end: 5 h}]\n" + PLAIN, "pump is"),
        ("duration: 3 h\nsubject: {species: human, sex: female, state: postpartum}\n" + PLAIN, "60 min after a birth"),
        ("duration: 1 h\nsubject: {species: human, sex: male}\nbody: {neurons: off, plasma: off}\n", "plasma is off"),
    ],
)  # fmt: skip
def test_blood_that_does_not_stand_alone_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Kinetics(loads_scenario(text))


def test_a_drug_that_is_not_given_is_not_there() -> None:
    blood = plasma_kinetics(loads_scenario(SCENARIOS["man"]))
    assert not blood.concentration([0.0, 60.0], "atosiban").any()
    with pytest.raises(ParameterError, match="no atosiban is given"):
        blood.system("atosiban")
