"""The blood against scipy's LSODA: accuracy, speed for one subject, cost per subject, and a day of ten thousand.

    python -m benchmarks.kinetics --json

Accuracy is measured against an independent solution of the same equations (DOP853 at a relative tolerance of 1e-12, and
the matrix exponential with 50 digits). The peer runs twice: at a tolerance at which its error is below 1e-9, and at the
tightest that it takes, which comes nearest to an equal error. All times come from one process, ours and the peer's in
turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel import Kinetics, plasma_kinetics, simulate
from knuffel.scenario import loads_scenario
from knuffel.scenario.model import Scenario

__all__ = ["DAY", "main", "relative_error"]

Array = npt.NDArray[np.float64]

DAY = """
knuffel: 1
name: kinetic_day
duration: 24 h
seed: 1
subject: {species: human, sex: female}
doses:
  - {drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 1 h, end: 3 h}
  - {drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 4 h}
  - {drug: oxytocin, route: im, amount: 10 IU, at: 6 h}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 12 h}
  - {drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 18 h}
body: {neurons: off, secretion: basal, csf: off, circulation: off, receptors: off, water: off}
observe: {record: {every: 5 min}}
"""
"""A day with an infusion, three boluses and an injection into a muscle."""

_EVERY = 60
_PEER_TOLERANCE, _PEER_TIGHTEST = 1e-10, 1e-13
_FLOOR = 1e-6  # pg/mL: below a millionth of the resting level a relative error says nothing


class Peer:
    """The same compartments and doses as plain functions, for a general solver: plasma, tissues, muscle."""

    def __init__(self, scenario: Scenario) -> None:
        blood = Kinetics(scenario)
        self.rates = np.ascontiguousarray(blood.system("oxytocin", "exogenous").rates[0])
        numbers = blood.disposition("oxytocin")
        self.volume, self.clearance = float(numbers.central[0]), float(numbers.clearance[0])
        self.basal = float(blood.concentration([0.0])[0, 0])
        self.secretion = self.basal * self.clearance
        self.held = len(self.rates) - 3  # two sinks and one supply
        own = blood.scenario
        self.events = sorted({0, own.duration, *(time for dose in own.doses for time in _moments(dose, blood))})
        self.doses = own.doses
        self.blood = blood

    def start(self) -> list[float]:
        """Return the amounts at rest (pg)."""
        tissue = self.basal * float(self.blood.disposition("oxytocin").peripheral[0])
        return [self.basal * self.volume, tissue, *([0.0] * (self.held - 2))]

    def pieces(self) -> list[tuple[int, int, float, list[tuple[int, float]]]]:
        """Return begin, end (ms), infusion (pg/s), and what enters which compartment at the begin."""
        found = []
        for begin, end in zip(self.events, self.events[1:], strict=False):
            rate = sum(flow for dose in self.doses for a, b, flow in dose.segments if a <= begin < b)
            given = [
                (column, amount * share)
                for dose in self.doses
                for moment, amount in dose.amounts
                for column, share in self.blood.shares(dose.drug, dose.route)
                if moment + self.blood.lag(dose.drug, dose.route) == begin
            ]
            found.append((begin, end, rate, given))
        return found

    def solve(self, times: Array, method: str, tolerance: float) -> Array:
        """Return the concentration (pg/mL) at ``times`` (s) with a solver of scipy, restarted at every dose."""
        from scipy.integrate import solve_ivp

        (c_c, c_p, c_m), (p_c, p_p, _), (_, _, m_m) = self.rates[: self.held, : self.held].tolist()
        amounts, found = self.start(), np.empty(len(times))
        milliseconds = np.rint(times * 1000).astype(np.int64)
        for begin, end, rate, given in self.pieces():
            for column, amount in given:
                amounts[column] += amount
            supply = rate + self.secretion

            def slope(_: float, x: Any, supply: float = supply) -> list[float]:
                plasma, tissue, muscle = x.tolist()
                return [c_c * plasma + c_p * tissue + c_m * muscle + supply, p_c * plasma + p_p * tissue, m_m * muscle]

            here = (milliseconds >= begin) & ((milliseconds < end) | (end == self.events[-1]))
            asked = milliseconds[here] / 1000
            answer = solve_ivp(
                slope,
                (begin / 1000, end / 1000),
                amounts,
                method,
                np.unique(np.append(asked, end / 1000)),
                rtol=tolerance,
                atol=tolerance * self.basal * self.volume,
            )
            found[here] = answer.y[0][: len(asked)] / self.volume
            amounts = [float(value) for value in answer.y[:, -1]]
        return found

    def exact(self, times: Array) -> Array:
        """Return the same with the exponential of the matrix in 50 digits."""
        import mpmath

        mpmath.mp.dps = 50
        size = self.held + 1
        amounts = mpmath.matrix([*self.start(), 1])
        milliseconds = [int(value) for value in np.rint(times * 1000)]
        found, steps = np.empty(len(times)), {}
        for begin, end, rate, given in self.pieces():
            for column, amount in given:
                amounts[column] += mpmath.mpf(amount)
            matrix = mpmath.zeros(size)
            for i in range(self.held):
                for j in range(self.held):
                    matrix[i, j] = mpmath.mpf(float(self.rates[i, j]))
            matrix[0, self.held] = mpmath.mpf(rate) + mpmath.mpf(self.secretion)
            inside = [place for place, time in enumerate(milliseconds) if begin <= time < end or time == end]
            last = begin
            for place in inside:
                length = milliseconds[place] - last
                if length:
                    key = (length, rate)
                    if key not in steps:
                        steps[key] = mpmath.expm(matrix * mpmath.mpf(length) / 1000)
                    amounts = steps[key] * amounts
                    last = milliseconds[place]
                found[place] = float(amounts[0] / mpmath.mpf(self.volume))
            if last < end:
                amounts = mpmath.expm(matrix * mpmath.mpf(end - last) / 1000) * amounts
        return found


def _moments(dose: Any, blood: Kinetics) -> list[int]:
    later = blood.lag(dose.drug, dose.route)
    return [time for piece in dose.segments for time in piece[:2]] + [time + later for time, _ in dose.amounts]


def relative_error(found: Array, reference: Array) -> float:
    """Return the largest relative difference."""
    return float(np.max(np.abs(found - reference) / np.maximum(np.abs(reference), _FLOOR)))


def _paired(ours: Callable[[], Any], peer: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Return the median seconds of both, run in turn."""
    spans: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for work, held in zip((ours, peer), spans, strict=True):
            begin = time.perf_counter()
            work()
            held.append(time.perf_counter() - begin)
    return median(spans[0]), median(spans[1])


def accuracy_rows(digits: bool) -> list[dict[str, Any]]:
    """Return our error and the peer's against the independent solutions, on times between doses as well."""
    scenario = loads_scenario(DAY)
    times = np.arange(90.0, 86400.0, 613.0)
    peer, blood = Peer(scenario), plasma_kinetics(scenario)
    ours, theirs = blood.concentration(times)[0], peer.solve(times, "LSODA", _PEER_TOLERANCE)
    rows = []
    references = {"DOP853 at 1e-12": peer.solve(times, "DOP853", 1e-12)}
    if digits:
        references["50 digits"] = peer.exact(times)
    for name, reference in references.items():
        own, other = relative_error(ours, reference), relative_error(theirs, reference)
        rows.append(_row(f"largest relative error against {name}", 1, "1", own, other, other / own))
    return rows


def _row(case: str, n: int, unit: str, ours: float, peer: float, ratio: float, **more: float) -> dict[str, Any]:
    found = {"case": case, "n": n, "unit": unit, "ours": ours, "peer": peer, "peer_name": "scipy_lsoda", "ratio": ratio}
    return found | more


def one_subject(repeats: int, tolerance: float, how: str) -> dict[str, Any]:
    """Time a day of one subject, a value every minute, against the peer at a tolerance."""
    scenario = loads_scenario(DAY)
    peer, blood = Peer(scenario), plasma_kinetics(scenario)
    times = np.arange(0.0, 86400.0, _EVERY)
    blood.concentration(times)

    def ours() -> None:
        plasma_kinetics(scenario).concentration(times)

    again = min(_fresh(blood, times) for _ in range(repeats))
    mine, theirs = _paired(lambda: _fresh(blood, times), lambda: peer.solve(times, "LSODA", tolerance), repeats)
    wrong = relative_error(peer.solve(times, "LSODA", tolerance), blood.concentration(times)[0])
    setup = median(_timed(ours) for _ in range(repeats))
    case = f"a day with five doses, a value every minute, peer {how}"
    more = {"best": again * 1e3, "with_reading": setup * 1e3, "peer_error": wrong}
    return _row(case, 1, "ms", mine * 1e3, theirs * 1e3, theirs / mine, **more)


def _timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def batches(repeats: int, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Time the same day for cohorts whose subjects all differ; per subject."""
    peer = Peer(loads_scenario(DAY))
    times = np.arange(0.0, 86400.0, 5 * _EVERY)
    alone = median(_timed(lambda: peer.solve(times, "LSODA", _PEER_TOLERANCE)) for _ in range(repeats))
    rows = []
    for size in sizes:
        blood = plasma_kinetics(loads_scenario(DAY, [f"population.n={size}"]))
        blood.concentration(times)
        each = median(_fresh(blood, times) for _ in range(repeats)) / size
        case = "the same day every 5 minutes, virtual subjects, per subject"
        rows.append(_row(case, size, "ms", each * 1e3, alone * 1e3, alone / each))
    return rows


def _fresh(blood: Kinetics, times: Array) -> float:
    """Return the seconds that a blood takes which has computed no step yet."""
    blood.forget()
    return _timed(lambda: blood.concentration(times))


def cohort_run(size: int) -> dict[str, Any]:
    """Run a whole scenario of a cohort through the engine once, with results and covariates."""
    scenario = loads_scenario(DAY, [f"population.n={size}"])
    simulate(loads_scenario(DAY, ["population.n=10"]))
    begin = time.perf_counter()
    result = simulate(scenario)
    seconds = time.perf_counter() - begin
    assert result.recorded.variables["plasma.oxytocin_concentration"].data.shape[0] == size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "case": "a whole run of a day, results every 5 minutes, in one process",
        "n": size,
        "unit": "s",
        "ours": seconds,
        "peer": 20.0,
        "peer_name": "what was asked for",
        "ratio": 20.0 / seconds,
        "memory_gib": memory,
    }


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller cohorts, no 50 digits")
    options = parser.parse_args()
    repeats = 3 if options.quick else 9
    sizes = (1, 100) if options.quick else (1, 10, 100, 1000, 10_000)
    rows = [
        *accuracy_rows(digits=not options.quick),
        one_subject(repeats, _PEER_TOLERANCE, "at an error below 1e-9"),
        one_subject(repeats, _PEER_TIGHTEST, "at its tightest"),
        *batches(repeats, sizes),
        cohort_run(200 if options.quick else 10_000),
    ]
    if options.json:
        print(json.dumps({"rows": rows}))
        return
    for row in rows:
        figures = f"ours {row['ours']:.3g} {row['unit']}, {row['peer_name']} {row['peer']:.3g} {row['unit']}"
        print(f"{row['case']} (n = {row['n']}): {figures}, ratio {row['ratio']:.3g}")


if __name__ == "__main__":
    main()
