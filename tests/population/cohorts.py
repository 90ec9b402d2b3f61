"""Scenarios with virtual subjects, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence

from knuffel.assembly import Model, assemble
from knuffel.scenario import loads_scenario
from knuffel.scenario.model import Scenario

INFUSION = """
knuffel: 1
name: population_infusion
duration: 4 h
seed: 3
subject: {species: human, sex: female}
population:
  n: 40
  covariates:
    weight: {median: 70 kg, cv: 15 %, from: 50 kg, to: 110 kg}
doses:
  - {drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 30 min, end: 90 min}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 2 h}
body: {neurons: off, secretion: basal}
observe: {record: {every: 5 min}}
"""


def scenario(changes: Sequence[str] = (), text: str = INFUSION) -> Scenario:
    return loads_scenario(text, changes)


def model(changes: Sequence[str] = (), text: str = INFUSION) -> Model:
    return assemble(scenario(changes, text))
