"""Opioids: the room, what they take from every cell model and from the terminals, and that 0 changes nothing."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.modulators import Levels, LevelsSettings, from_specifications
from knuffel.body.neurons.ports import arrivals
from knuffel.body.plan import component_class, models
from knuffel.body.secretion.terminal import TerminalSecretion, secrete
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from knuffel.evidence import load
from knuffel.evidence.rate_table import rate_table
from tests.body.rooms import levels, neutral, numbers, subjects
from tests.body.test_secretion import inputs

MU, KAPPA, NALOXONE = (f"modulators.{name}" for name in ("mu_opioid_occupancy", "kappa_activity", "naloxone"))
STREAMS = Streams(1, "modulators")


def out(**changes: Any) -> Any:
    room = Levels(numbers(Levels.Parameters, **changes))
    state, start = room.init(subjects(2), Inputs(), STREAMS)
    later = room.advance(state, Inputs(), 0, 1000, STREAMS)
    assert all(np.array_equal(start[name], later[name]) for name in start)
    assert room.invariants(state, later) == []
    return later


def test_the_room_is_empty_unless_something_is_given() -> None:
    neutral_value = {port.name: [port.default] * 2 for port in Levels.outputs}
    assert {name: value.tolist() for name, value in out().items()} == neutral_value
    assert [neutral_value[name] for name in (MU, KAPPA, NALOXONE)] == [[0, 0]] * 3


def test_naloxone_takes_its_share_off_both() -> None:
    found = out(mu_opioid_occupancy=0.8, kappa_activity=np.array([0.4, 1.0]), naloxone=0.5)
    assert found[MU].tolist() == [0.4, 0.4]
    assert found[KAPPA].tolist() == [0.2, 0.5]
    assert found[NALOXONE].tolist() == [0.5, 0.5]
    blocked = out(mu_opioid_occupancy=1.0, kappa_activity=1.0, naloxone=1.0)
    assert blocked[MU].tolist() == blocked[KAPPA].tolist() == [0, 0]


def given(kind: str, start: int = 0, duration: int = 0, intensity: float = 1.0, **values: float) -> Any:
    return SimpleNamespace(kind=kind, start=start, duration=duration, intensity=intensity, values=values)


def over(t: int, *drugs: Any, dt: int = 1000, **constant: Any) -> dict[str, tuple[float, float]]:
    """Return both limits of every level over an interval, of a body with drugs."""
    room = Levels(numbers(Levels.Parameters, **constant), LevelsSettings(from_specifications(drugs, load.stimuli())))
    state, _ = room.init(subjects(), Inputs(), STREAMS)
    found = room.advance(state, Inputs(), t, dt, STREAMS)
    assert room.invariants(state, found) == []
    return {name.partition(".")[2]: (start[0], end[0]) for name, (start, end) in found.items()}


def test_morphine_stays_half_an_hour_and_halves_every_hour() -> None:
    dose, name = given("morphine_iv", 60_000, dose=5), "mu_opioid_occupancy"
    hour, end = 3_600_000, 60_000 + 1_800_000
    assert over(0, dose, dt=60_000)[name] == (0, 0)
    assert over(60_000, dose)[name] == over(end - 1000, dose)[name] == (0.8, 0.8)
    assert [over(end + n * hour, dose)[name][0] for n in (1, 2)] == pytest.approx([0.4, 0.2], rel=1e-4)
    assert over(60_000, given("morphine_iv", 60_000, dose=2.5))[name][0] == pytest.approx(0.4)
    assert over(60_000, given("morphine_iv", 60_000, dose=50))[name][0] == 0.95
    assert over(60_000, dose, dose, mu_opioid_occupancy=0.1)[name][0] == 0.95
    assert over(60_000, dose, mu_opioid_occupancy=0.1)[name][0] == pytest.approx(0.9)
    assert over(60_000, dose, mu_opioid_occupancy=1.0)[name][0] == 1
    assert over(60_000, dose, naloxone=0.5)[name][0] == pytest.approx(0.4)


def test_alcohol_is_the_dose_of_the_last_hour() -> None:
    glasses = given("alcohol", 0, dose=0.4), given("alcohol", 1_800_000, dose=0.3)
    times = (0, 1_800_000, 3_600_000, 5_400_000)
    assert [over(t, *glasses)["alcohol_dose"][0] for t in times] == pytest.approx([0.4, 0.7, 0.3, 0])
    assert over(3_599_000, *glasses)["alcohol_dose"] == (pytest.approx(0.7), pytest.approx(0.7))


def test_drugs_that_last_as_long_as_they_are_given() -> None:
    drugs = (
        given("epidural", 0, 60_000), given("anaesthesia", 0, 60_000), given("antagonist_icv", 0, 60_000, 0.5),
    )  # fmt: skip
    names = ("epidural_gate", "anaesthesia", "central_antagonist_occupancy")
    assert [over(0, *drugs)[name] for name in names] == [(0.7, 0.7), (1, 1), (0.5, 0.5)]
    assert [over(59_000, *drugs)[name][1] for name in names] == [0.7, 1, 0.5]
    assert [over(60_000, *drugs)[name] for name in names] == [(1, 1), (0, 0), (0, 0)]
    assert Levels(numbers(Levels.Parameters), LevelsSettings(from_specifications(drugs, load.stimuli()))).edges() == [
        0, 60_000,
    ]  # fmt: skip


def test_a_dose_is_needed() -> None:
    with pytest.raises(ParameterError, match="alcohol: dose"):
        from_specifications([given("alcohol")], load.stimuli())


@pytest.mark.parametrize("name", ["mu_opioid_occupancy", "kappa_activity", "naloxone"])
def test_a_level_is_a_share(name: str) -> None:
    for value in (-0.1, 1.1, np.nan):
        with pytest.raises(ParameterError, match=name):
            numbers(Levels.Parameters, **{name: value})


def driven(excitation: float, inhibition: float, opioid: Any) -> Inputs:
    gains = {"stimuli__excitation_gain": excitation, "stimuli__inhibition_gain": inhibition}
    return Inputs(levels(1, **gains, modulators__mu_opioid_occupancy=opioid))


def test_arrivals_lose_their_share() -> None:
    excitation, inhibition = arrivals(200.0, 0.5, 0.7, driven(1.5, 2, (0, 1)))
    assert excitation[0] == pytest.approx(0.3 * (1 - 0.7 * 0.5))
    assert inhibition[0] == 0.2
    assert arrivals(190.0, 0.5, 0.7, driven(1.1, 1, 0))[0][0] == 190.0 * 1.1 / 1000, "no bit changes without opioids"


ANSWERING = [
    name for name in models("neurons") if any(port.name == MU for port in component_class("neurons", name).inputs)
]


@pytest.mark.parametrize("name", ANSWERING)
def test_every_cell_model_with_synaptic_input_answers(name: str) -> None:
    kind = component_class("neurons", name)
    offered = {"cells": 60, "table": rate_table("oxytocin-2018")}
    chosen = {item.name: offered[item.name] for item in fields(kind.Settings) if item.name in offered}
    neuron = kind(numbers(kind.Parameters, *kind.default_sets), kind.Settings(**chosen))
    rates = []
    for level in (0.0, 0.8):
        given = neutral(kind)
        given.levels[MU] = (np.array([level]),) * 2
        state, _ = neuron.init(subjects(), given, STREAMS)
        found = [neuron.advance(state, given, t, 1000, STREAMS)["neurons.firing_rate"] for t in range(0, 20_000, 1000)]
        rates.append(float(np.mean(found)))
    assert rates[0] > 1
    assert rates[1] < 0.5 * rates[0]


def test_opioids_act_on_the_terminals() -> None:
    p, spike = numbers(TerminalSecretion.Parameters), [[1000]]
    plain = secrete(spike, p, 5000).total
    assert secrete(spike, p, 5000, mu_opioid_occupancy=1.0).total == pytest.approx(0.7 * plain, rel=1e-4)
    assert secrete(spike, p, 5000, kappa_activity=1.0).total == pytest.approx(0.7**2 * plain, rel=1e-4)
    assert secrete(spike, p, 5000, mu_opioid_occupancy=0.5, kappa_activity=0.5).total == pytest.approx(
        0.85**3 * plain, rel=1e-4
    )


def test_each_subject_has_its_own_level_and_a_change_acts_with_its_mean() -> None:
    kind = TerminalSecretion
    terminal = kind(numbers(kind.Parameters), kind.Settings(species="rat", cells=1))
    state, _ = terminal.init(subjects(3), inputs(count=3), STREAMS)
    state.fast_calcium[:] = 3.0
    given = inputs(count=3)
    given.levels[MU] = (np.array([0.0, 0.0, 0.5]), np.array([0.0, 1.0, 0.5]))
    first, ramp, flat = terminal.advance(state, given, 0, 1000, STREAMS)["secretion.gland_rate"]
    assert ramp == flat < first
    single, _ = terminal.init(subjects(), inputs(), STREAMS)
    single.fast_calcium[:] = 3.0
    assert terminal.advance(single, inputs(), 0, 1000, STREAMS)["secretion.gland_rate"][0] == first
