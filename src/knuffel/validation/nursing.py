"""Feeds of a group of nursing women: pulses, plasma and breasts, wired as in a scenario, for the studies of cohorts.

One breast is used; the volumes are those of that breast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.milk_ejection import (
    definitions,
    duct_count,
    ejection_count,
    let_down_activity,
    let_down_latency,
    sampled_pulses,
)
from knuffel.body.breast.human import HumanBreast
from knuffel.body.circulation.plasma import PlasmaParameters, PlasmaTwoCompartment
from knuffel.body.contract import Component, Events, Inputs, Kind, Subjects
from knuffel.body.physiology import Adult, AdultParameters
from knuffel.body.pulses import BreastfeedingPulses
from knuffel.body.pulses.parameters import PulseParameters, PulseSettings
from knuffel.engine.random import Streams
from knuffel.evidence.resolve import Override
from knuffel.validation.drive import into_plasma, numbers

__all__ = ["WOMEN", "Feed", "Pulse", "nurse"]

Floats = npt.NDArray[np.float64]
Pulse = tuple[float, float, float]
"""Start (s), duration (s) and mass (pg) of a pulse that is given."""

WOMEN = 80
"""Women in a group: the tolerances of the targets are those of as many."""
_VOLUME = 110
_STEP = 1000
_KINETICS = "human_women_np"
_PLASMA, _PRESSURE, _DIAMETER = "plasma.oxytocin_concentration", "breast.pressure", "breast.duct_diameter"


@dataclass(frozen=True)
class Feed:
    """What was found in a group: ``time`` (s), and traces of shape (subject, time).

    ``plasma`` pg/mL, ``pressure`` mmHg, ``diameter`` mm, ``removed`` mL that the baby got; empty without breasts.
    ``person`` holds latency (s), interval (s) and mass (pg) of the pulses of each woman; ``latched`` is when
    the baby latched (s), ``basal`` the level at rest.
    """

    time: Floats
    plasma: Floats
    pressure: Floats
    diameter: Floats
    removed: Floats
    person: Floats
    basal: float
    resting_pressure: float
    resting_diameter: float
    seed: int
    latched: float = 0

    def ejections(self) -> Floats:
        """Return the let-downs of each woman, seen by pressure."""
        return np.array([ejection_count(trace) for trace in self.pressure], dtype=np.float64)

    def widenings(self) -> Floats:
        """Return the let-downs of each woman, seen by ultrasound."""
        return np.array([duct_count(trace, self.resting_diameter) for trace in self.diameter], dtype=np.float64)

    def sampled(self) -> tuple[Floats, Floats]:
        """Return for each woman the pulses that samples every two minutes show, and her highest sample."""
        found = [sampled_pulses(self.time, trace, seed=self.seed, subject=row) for row, trace in enumerate(self.plasma)]
        return np.array([len(one) for one in found], dtype=np.float64), np.array([one.levels.max() for one in found])

    def latencies(self) -> Floats:
        """Return the seconds from latching to let-down of each woman; NaN without one."""
        rest = self.resting_pressure
        return np.array([let_down_latency(self.time, trace, rest, self.latched) for trace in self.pressure])

    def activity(self) -> Floats:
        """Return the let-down activity of each woman, mmHg s."""
        return np.array([let_down_activity(self.time, trace, self.resting_pressure) for trace in self.pressure])

    def first_duration(self) -> Floats:
        """Return how long the first let-down of each woman keeps above what is seen as one (s); NaN without one."""
        found = []
        for trace in self.pressure - self.resting_pressure:
            above = trace > definitions().let_down_rise
            begin = int(np.argmax(above))
            rest = np.flatnonzero(~above[begin:])
            found.append(float(rest[0]) * _STEP / 1000 if above.any() and len(rest) else np.nan)
        return np.array(found)


def nurse(
    seconds: float,
    women: int = WOMEN,
    *,
    seed: int = 0,
    settings: PulseSettings | None = None,
    latched: float = 0,
    cue: tuple[float, float] | None = None,
    given: Sequence[Pulse] | None = None,
    breasts: bool = True,
    person: Floats | None = None,
    levels: dict[str, float] | None = None,
    **overrides: Override,
) -> Feed:
    """Return a feed of ``seconds``, with one breast of 110 mL.

    The baby latches at ``latched``; ``cue`` is (time, window) in s. ``given`` pulses stand in place of those of the
    generator; ``person`` makes the women those of another group; ``levels`` holds inputs other than their neutral
    values, ``overrides`` numbers of the generator (``pulses__interval``).
    """
    streams, subjects = Streams(seed), Subjects(np.arange(women))
    adult = Adult(numbers(AdultParameters, _KINETICS))
    pulses = BreastfeedingPulses(numbers(PulseParameters, **overrides), settings)
    plasma = PlasmaTwoCompartment(numbers(PlasmaParameters, _KINETICS))
    own = numbers(HumanBreast.Parameters)
    breast = HumanBreast(replace(own, start_fill=_VOLUME / own.capacity))
    now = _neutral((pulses, breast), women)
    now.update({name: (np.full(women, value),) * 2 for name, value in (levels or {}).items()})
    for name, value in adult.init(subjects, Inputs(), streams.of(adult.room))[1].items():
        now[name] = (value, value)
    resting = now["physiology.basal_concentration"][1] * now["physiology.clearance"][1]
    pulsing, _ = pulses.init(subjects, Inputs(now), streams.of(pulses.room))
    blood, _ = plasma.init(subjects, Inputs(now), streams)
    gland, _ = breast.init(subjects, Inputs(now), streams)
    if person is not None:
        pulsing.person[:] = person
    now[_PLASMA] = (now["physiology.basal_concentration"][1],) * 2
    made = streams.of(pulses.room)
    count = round(seconds * 1000 / _STEP)
    traces = np.empty((4, women, count))
    full = _cued(cue, women)
    for place in range(count):
        t = place * _STEP
        for name in ("stimuli.latched", "stimuli.suction_left"):
            now[name] = (np.full(women, float(t >= latched * 1000)),) * 2
        record = {"stimuli.baby_cue": full.between(t, t + _STEP)}
        flow = pulses.advance(pulsing, Inputs(now, records=record), t, _STEP, made)["pulses.rate"]
        if given is not None:
            flow = np.full(women, _given(given, t))
        flows = {"secretion.rate": resting * (_STEP / 1000), "pulses.rate": flow}
        level = plasma.advance(blood, into_plasma(now, flows, women), t, _STEP, streams)[_PLASMA]
        now[_PLASMA], traces[0, :, place] = (now[_PLASMA][1], level), level
        if breasts:
            seen = breast.advance(gland, Inputs(now), t, _STEP, streams)
            traces[1, :, place], traces[2, :, place] = seen[_PRESSURE], seen[_DIAMETER]
            traces[3, :, place] = gland.feed[:, 1]
    return Feed(
        time=np.arange(1, count + 1, dtype=np.float64) * (_STEP / 1000),
        plasma=traces[0],
        pressure=traces[1] if breasts else traces[1, :0],
        diameter=traces[2] if breasts else traces[2, :0],
        removed=traces[3] if breasts else traces[3, :0],
        person=pulsing.person,
        basal=float(now["physiology.basal_concentration"][1][0]),
        resting_pressure=float(own.resting_pressure),
        resting_diameter=float(own.duct_diameter),
        seed=seed,
        latched=latched,
    )


def _neutral(parts: Sequence[Component], women: int) -> dict[str, tuple[Any, Any]]:
    """Return the neutral value of every level that the parts read."""
    ports = {port.name: port for part in parts for port in part.inputs if port.kind in (Kind.LEVEL, Kind.FRACTION)}
    return {name: (np.full(women, port.default or 0.0),) * 2 for name, port in ports.items()}


def _cued(cue: tuple[float, float] | None, women: int) -> Events:
    if cue is None:
        return Events.none(("window",))
    moment = np.full(women, round(cue[0] * 1000), dtype=np.int64)
    rows = np.arange(women, dtype=np.int64)
    return Events(moment, rows, np.zeros(women, dtype=np.int64), {"window": np.full(women, float(cue[1]))})


def _given(pulses: Sequence[Pulse], t: int) -> float:
    """Return what the given pulses secrete (pg) from ``t`` ms on over one step."""
    begin, end = t / 1000, (t + _STEP) / 1000
    shares = [max(min(end, start + lasts) - max(begin, start), 0) / lasts * mass for start, lasts, mass in pulses]
    return float(sum(shares))
