"""What the engine costs: per component and coupling interval, for a large cohort, and for a day of kinetics.

Run ``python -m benchmarks.engine [--json] [--quick]`` from the root of the repository. Every row pairs us with a peer
in the same process, turn by turn; the figure is the median. ratio = peer / ours, above 1: we are faster.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Inputs, Kind, Outputs, Port, State, Subjects
from knuffel.engine.loop import Engine
from knuffel.engine.modes import Part
from knuffel.engine.random import Streams
from knuffel.engine.recorder import Recorder
from knuffel.engine.store import MemorySink
from knuffel.engine.wiring import connect

STEPS = 2000
CHAIN = 8


@dataclass(frozen=True)
class NoParameters:
    """The links of the chain have no numbers."""


@dataclass
class LinkState(State):
    """One level for each subject."""

    level: Any


class Link(Component):
    """Reads the level before it and relaxes towards it: a few array operations, as a small body part has."""

    id = "link"
    coupling_interval = 1000
    Parameters, State = NoParameters, LinkState

    def __init__(self, place: int) -> None:
        super().__init__(NoParameters())
        self.room = f"link{place}"  # type: ignore[misc]
        before = Port(f"link{place - 1}.level", "1", Kind.LEVEL, "the level before", default=1.0)
        self.inputs = (before,)  # type: ignore[misc]
        self.outputs = (Port(f"link{place}.level", "1", Kind.LEVEL, "a level", default=0.0),)  # type: ignore[misc]
        self.source, self.target = before.name, self.outputs[0].name

    def init(self, subjects: Subjects, inputs: Inputs, streams: Any) -> tuple[LinkState, Outputs]:
        """Start at zero."""
        return LinkState(np.zeros(len(subjects))), {self.target: np.zeros(len(subjects))}

    def advance(self, state: LinkState, inputs: Inputs, t: int, dt: int, streams: Any) -> Outputs:
        """Relax with a time constant of 100 intervals."""
        state.level += 0.01 * (inputs.end(self.source) - state.level)
        return {self.target: state.level.copy()}


def chain(subjects: int, steps: int) -> tuple[Engine, list[Link]]:
    """Return an engine that runs a chain of links, and the links."""
    links = [Link(place) for place in range(CHAIN)]
    wiring = connect([Part.of(link) for link in links])
    end = steps * 1000
    recorder = Recorder(MemorySink(), subjects=subjects, ports=[], event_ports=[], samples=[], every=end, end=end)
    return Engine(wiring, Subjects(np.arange(subjects)), Streams(1), recorder, begin=0, end=end), links


def bare(subjects: int, steps: int) -> Callable[[], None]:
    """Return the same arithmetic as a plain loop over the links, without an engine."""
    links = [Link(place) for place in range(CHAIN)]
    people, one = Subjects(np.arange(subjects)), np.ones(subjects)
    states = [link.init(people, Inputs(), None)[0] for link in links]

    def call() -> None:
        for step in range(steps):
            value = one
            for link, state in zip(links, states, strict=True):
                outputs = link.advance(state, Inputs({link.source: (value, value)}), step * 1000, 1000, None)
                value = outputs[link.target]

    return call


def paired(ours: Callable[[], None], peer: Callable[[], None], repeats: int) -> tuple[float, float]:
    """Return the median seconds of both, measured turn by turn after one warm-up each."""
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for turn in range(repeats + 1):
        for name, call in (("ours", ours), ("peer", peer)):
            began = time.perf_counter()
            call()
            if turn:
                times[name].append(time.perf_counter() - began)
    return statistics.median(times["ours"]), statistics.median(times["peer"])


def overhead_row(subjects: int, steps: int, repeats: int) -> dict[str, Any]:
    """Compare the engine with a plain loop over the same components."""

    def ours() -> None:
        engine, _ = chain(subjects, steps)
        engine.start()
        engine.run()

    engine_seconds, bare_seconds = paired(ours, bare(subjects, steps), repeats)
    scale = 1e6 / (steps * CHAIN)
    return {
        "case": "component and interval, engine included",
        "n": subjects,
        "unit": "us",
        "ours": engine_seconds * scale,
        "peer": bare_seconds * scale,
        "peer_name": "plain_loop",
        "ratio": bare_seconds / engine_seconds,
        "overhead_us": (engine_seconds - bare_seconds) * scale,
    }


def kinetics_row(repeats: int) -> dict[str, Any]:
    """Time a 24-h kinetics scenario of one subject against scipy's LSODA on the same equations and output times."""
    from scipy.integrate import solve_ivp

    from knuffel import load_scenario, simulate

    changes = ["duration=24 h", "observe.record.every=1 min"]
    scenario = load_scenario("infusion_man", changes)
    simulated: list[float] = []

    def ours() -> None:
        result = simulate(scenario)
        simulated.append(float(np.asarray(result.recorded.variables["plasma.oxytocin_concentration"].data)[0, 70]))

    model = {item["id"]: item["value"] for item in simulate(scenario).attributes["parameters"]}
    clearance, exchange = model["plasma.clearance"], model["plasma.distribution_clearance"]
    central, peripheral = model["plasma.central_volume"], model["plasma.peripheral_volume"]
    pieces = [piece for dose in scenario.doses for piece in dose.segments]
    basal = model["physiology.basal_concentration"]

    def slope(minute: float, amounts: Any) -> list[float]:
        infused = sum(rate for start, end, rate in pieces if start <= minute * 60_000 < end) * 60
        here, there = amounts[0] / central, amounts[1] / peripheral
        flow = exchange * (here - there)
        return [basal * clearance + infused - clearance * here - flow, flow]

    solved: list[float] = []

    def peer() -> None:
        start = [basal * central, basal * peripheral]
        times = np.arange(0, 1441.0)
        answer = solve_ivp(slope, (0, 1440), start, "LSODA", times, rtol=1e-8, atol=1e-3, max_step=10)
        solved.append(float(answer.y[0, 70] / central))

    ours_seconds, peer_seconds = paired(ours, peer, repeats)
    return {
        "case": "24 h of kinetics, one subject, a value every minute, with provenance",
        "n": 1,
        "unit": "ms",
        "ours": ours_seconds * 1e3,
        "peer": peer_seconds * 1e3,
        "peer_name": "scipy_lsoda",
        "ratio": peer_seconds / ours_seconds,
        "relative_difference": abs(simulated[-1] / solved[-1] - 1),
    }


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    options = parser.parse_args()
    repeats = 3 if options.quick else 9
    rows = [overhead_row(1, STEPS, repeats), overhead_row(10_000, STEPS // 20, repeats), kinetics_row(repeats)]
    if options.json:
        print(json.dumps({"rows": rows}))
        return
    for row in rows:
        figures = f"ours {row['ours']:.2f} {row['unit']}, {row['peer_name']} {row['peer']:.2f} {row['unit']}"
        print(f"{row['case']} (n = {row['n']}): {figures}, ratio {row['ratio']:.2f}")


if __name__ == "__main__":
    main()
