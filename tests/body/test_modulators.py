"""Opioids: the room, what they take from every cell model and from the terminals, and that 0 changes nothing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from knuffel.body.contract import Inputs
from knuffel.body.modulators import Levels
from knuffel.body.neurons.ports import arrivals
from knuffel.body.plan import component_class, models
from knuffel.body.secretion.terminal import TerminalSecretion, secrete
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
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
