"""An exported file is sound SBML, and an independent engine (COPASI) gets the numbers of our own from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import basico
import libsbml
import numpy as np
import pytest

from knuffel import simulate
from knuffel.kinetics_exchange import export_sbml
from knuffel.scenario import loads_scenario
from knuffel.scenario.model import Scenario

CLOSE = 1e-6
LEVELS = (
    "plasma.oxytocin_concentration",
    "plasma.oxytocin_endogenous",
    "plasma.oxytocin_exogenous",
    "plasma.carbetocin_concentration",
    "plasma.atosiban_concentration",
    "plasma.atosiban_m1_concentration",
    "csf.oxytocin_concentration",
)
MAN = "subject: {species: human, sex: male}"
WOMAN = "subject: {species: human, sex: female}"
TERM = "subject: {species: human, sex: female, state: term}"

SCENARIOS = {
    "man, a bolus": f"""
duration: 2 h
start: "11:00"
{MAN}
doses:
  - {{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min}}
""",
    "woman, a muscle and two infusions": f"""
duration: 3 h
{WOMAN}
doses:
  - {{drug: oxytocin, route: im, amount: 10 IU, at: 12 min}}
  - {{drug: oxytocin, route: iv_infusion, rate: 20 mU/min, start: 0 min, end: 100 min}}
  - {{drug: oxytocin, route: iv_infusion, start: 40 min, end: 130 min,
     steps: [{{at: 40 min, rate: 5 mU/min}}, {{at: 70 min, rate: 12 mU/min}}]}}
""",
    "term, carbetocin": f"""
duration: 4 h
{TERM}
doses:
  - {{drug: carbetocin, route: im, amount: 100 ug, at: 10 min}}
""",
    "woman, a course of atosiban": f"""
duration: 4 h
{WOMAN}
doses:
  - {{drug: atosiban, route: iv_bolus, amount: 6.75 mg, over: 1 min, at: 10 min}}
  - {{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 11 min, duration: 3 h}}
""",
    "man, a spray": f"""
duration: 3 h
{MAN}
doses:
  - {{drug: oxytocin, route: intranasal_spray, amount: 24 IU, at: 10 min}}
body: {{csf: {{parameters: {{nose_to_brain_fraction: "1e-4"}}}}}}
""",
    "man, under the tongue": f"""
duration: 5 h
{MAN}
doses:
  - {{drug: oxytocin, route: sublingual, amount: 400 IU, at: 10 min}}
""",
    "rat, saturable": """
duration: 1 h
subject: {species: rat, sex: female, kinetics: rat_saturable}
doses:
  - {drug: oxytocin, route: iv_bolus, amount: 1 ug, at: 10 min}
""",
    "induction without looking": f"""
duration: 5 h
{TERM}
doses:
  - {{protocol: US_label, start: 10 min, end: 4 h, rule: none, pauses: [{{from: 2 h, to: 150 min}}]}}
""",
    "twice at one time": f"""
duration: 1 h
{WOMAN}
doses:
  - {{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min}}
  - {{drug: oxytocin, route: iv_bolus, amount: 2 IU, at: 10 min}}
  - {{drug: oxytocin, route: icv, amount: 10 ng, at: 0 min}}
""",
}


def scenario(text: str, *changes: str) -> Scenario:
    start = "" if "start:" in text.partition("subject")[0] else 'start: "09:00"\n'
    head = f"knuffel: 1\ntitle: {{en: kinetics, nl: kinetiek}}\n{start}"
    return loads_scenario(head + text, ["body.neurons=off", "observe.record.every=10 s", *changes])


def copasi(path: Path, times: np.ndarray) -> Any:
    """Return every variable of a file by its identifier at the times (s), as COPASI computes them."""
    model = basico.load_model(str(path))
    assert model is not None, "COPASI does not read the file"
    try:
        found = basico.run_time_course(
            model=model,
            start_time=0,
            values=[0.0, *times],
            method="deterministic",
            r_tol=1e-12,
            a_tol=1e-14,
            max_steps=10_000_000,
            use_sbml_id=True,
        )
    finally:
        basico.remove_datamodel(model)
    return found.loc[times]


def differences(loaded: Scenario, path: Path, names: tuple[str, ...] = LEVELS) -> dict[str, float]:
    """Return the largest relative difference of each level at 20 times."""
    ours = simulate(loaded).dataset
    every = loaded.observe.record_every / 1000
    times = np.linspace(0.04, 0.99, 20) * loaded.duration / 1000
    times = (np.floor(times / every) + 0.0) * every
    theirs = copasi(path, times)
    found = {}
    for name in names:
        column = name.replace(".", "_")
        if column in theirs:
            expected = ours[name].isel(subject=0).sel(time=times).to_numpy()
            got = theirs[column].to_numpy()
            scale = np.where(expected == 0, 1.0, np.abs(expected))
            found[name] = float(np.max(np.abs(got - expected) / scale))
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_copasi_gets_the_same_levels(name: str, tmp_path: Path) -> None:
    loaded, path = scenario(SCENARIOS[name]), tmp_path / "kinetics.xml"
    done = export_sbml(loaded, path)
    assert done.warnings == ()
    read = libsbml.readSBMLFromFile(str(path))
    read.checkConsistency()
    assert [read.getError(place).getMessage() for place in range(read.getNumErrors())] == []
    found = differences(loaded, path)
    print(name, found)
    assert {"plasma.oxytocin_exogenous", "csf.oxytocin_concentration"} <= found.keys()
    assert {name: value for name, value in found.items() if value > CLOSE} == {}
