"""Blood pressure and heart rate after oxytocin and carbetocin at caesarean section, against what was measured.

Concentrations are closed forms of the kinetics, so nothing here depends on the engine; the vessels are the room that a
scenario runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.circulation.plasma.equations import bolus_concentration, infusion_concentration
from knuffel.body.circulation.pressure import Vasodilation, VasodilationParameters
from knuffel.body.contract import Inputs, Subjects
from knuffel.engine.random import Streams
from knuffel.evidence.resolve import Override
from knuffel.units import UG_PER_IU
from knuffel.validation.drive import Blood, numbers
from knuffel.validation.row import Row

__all__ = ["Course", "course", "figures", "given", "rows"]

Floats = npt.NDArray[np.float64]
Level = Callable[[Any], Any]

_FIVE_UNITS = 5 * UG_PER_IU["oxytocin"] * 1e6
_CARBETOCIN = 1e8
_SLOW = 300
_DURATION = 900
_NO_TOLERANCE = Override(0.0, "1/min", "study")


@dataclass(frozen=True)
class Course:
    """What a dose does: ``time`` s after its start, ``pressure`` mmHg, ``heart`` 1/min, every second."""

    time: Floats
    pressure: Floats
    heart: Floats

    @property
    def lowest(self) -> float:
        """Return the deepest change of pressure in mmHg."""
        return float(self.pressure.min())

    @property
    def time_of_lowest(self) -> float:
        """Return when that is, in s."""
        return float(self.time[self.pressure.argmin()])

    def at(self, seconds: float) -> float:
        """Return the change of pressure at a time in mmHg."""
        return float(np.interp(seconds, self.time, self.pressure))


def given(kinetics: str, over: float = 0) -> Level:
    """Return the concentration (pg/mL) after 5 IU of oxytocin, at once or over some seconds."""
    numbers_of_plasma = Blood(kinetics).disposition
    if over > 0:
        return lambda time: infusion_concentration(_FIVE_UNITS / over, over, time, *numbers_of_plasma)
    return lambda time: bolus_concentration(_FIVE_UNITS, time, *numbers_of_plasma)


def _carbetocin(time: Floats) -> Any:
    numbers_of_plasma = Blood("human_women_np", given=[("carbetocin", "iv_bolus")]).of("carbetocin")
    return bolus_concentration(_CARBETOCIN, time, *numbers_of_plasma)


def course(kinetics: str, level: Level, drug: str = "oxytocin", *, tolerant: bool = True) -> Course:
    """Return the response to a concentration, which the room is handed in intervals of a second.

    Without ``tolerant`` no tolerance grows.
    """
    overrides = {} if tolerant else {"circulation__tolerance_onset": _NO_TOLERANCE}
    room = Vasodilation(numbers(VasodilationParameters, kinetics, **overrides))
    names = [port.name for port in room.inputs]
    other = np.zeros(1)
    streams = Streams(0)
    state, _ = room.init(Subjects(np.arange(1)), Inputs({name: (other, other) for name in names}), streams)
    time = np.arange(_DURATION + 1, dtype=np.float64)
    values = np.asarray(level(time), dtype=np.float64)
    found = []
    for second in range(_DURATION):
        ends = (values[second : second + 1], values[second + 1 : second + 2])
        levels = {name: ends if f".{drug}_" in name else (other, other) for name in names}
        outputs = room.advance(state, Inputs(levels), 1000 * second, 1000, streams)
        found.append([float(outputs[port.name][0]) for port in room.outputs])
    pressure, heart = np.array(found).T
    return Course(time[1:], pressure, heart)


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    push, slow = course("term_A", given("term_A")), course("term_A", given("term_A", _SLOW))
    found = [
        Row("PK26a", push.lowest),
        Row("PK26b", push.time_of_lowest),
        Row("PK26c", slow.lowest),
        Row("PK26d", float(push.heart.max())),
        Row("PK26e", float(slow.heart.max())),
        Row("PK26f", push.at(150)),
    ]
    other, other_slow = course("term_B", given("term_B")), course("term_B", given("term_B", _SLOW))
    found += [
        Row("PK26Ba", other.lowest),
        Row("PK26Bb", other.time_of_lowest),
        Row("PK26Bc", other_slow.lowest),
    ]
    carbetocin = course("term_A", _carbetocin, "carbetocin")
    found += [
        Row("PK26_carbetocin", carbetocin.lowest),
        Row("PK26_carbetocin_time", carbetocin.time_of_lowest),
        Row("PK26_carbetocin_150", carbetocin.at(150)),
    ]
    plain = course("term_A", given("term_A"), tolerant=False)
    found += [
        Row("PK26_design_push", plain.lowest),
        Row("PK26_design_time", plain.time_of_lowest),
        Row("PK26_design_slow", course("term_A", given("term_A", _SLOW), tolerant=False).lowest),
        Row("PK26_design_150", plain.at(150)),
        Row("PK26_design_240", plain.at(240)),
    ]
    solved = {"push": _solved("term_A", given("term_A")), "slow": _solved("term_A", given("term_A", _SLOW))}
    return found + [
        Row(f"PK26_solver_{name}", float(np.abs(mine.pressure - solved[name]).max()))
        for name, mine in (("push", push), ("slow", slow))
    ]


def _solved(kinetics: str, level: Level) -> Floats:
    """Return the change of pressure every second from a general solver, which knows no grid."""
    from scipy.integrate import solve_ivp

    p = numbers(VasodilationParameters, kinetics)

    def fall(site: Any, tolerance: Any) -> Any:
        return p.maximum_fall * site**2 / (p.half_effective_concentration**2 + site**2) * (1 - tolerance)

    def slope(time: float, state: Floats) -> list[float]:
        arrived = float(level(time - p.delay)) if time > p.delay else 0.0
        grown = p.tolerance_onset * fall(*state) / p.maximum_fall * (1 - state[1])
        return [p.equilibration_rate * (arrived - state[0]), grown - p.tolerance_recovery * state[1]]

    time = np.arange(1, _DURATION + 1, dtype=np.float64)
    # Blood jumps when a bolus arrives: the solver starts there.
    start = float(p.delay)
    late = time[time > start]
    done = solve_ivp(slope, (start, _DURATION), [0, 0], t_eval=late, rtol=1e-9, atol=1e-9, max_step=1)
    pressure = np.zeros(len(time))
    pressure[time > start] = -fall(*done.y)
    return pressure


def figures() -> dict[str, Any]:
    """Return the figure of the study: pressure after 5 IU at once and over five minutes, and after carbetocin."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("term_A", "term_B"):
        for over, style in ((0, "-"), (_SLOW, "--")):
            drawn = course(name, given(name, over))
            how = "over 5 min" if over else "at once"
            axes.plot(drawn.time / 60, drawn.pressure, style, label=f"5 IU {how}, {name}")
    drawn = course("term_A", _carbetocin, "carbetocin")
    axes.plot(drawn.time / 60, drawn.pressure, ":", label="carbetocin 100 ug at once, term_A")
    axes.errorbar(
        [80 / 60], [-27], yerr=[[7.6], [7.6]], fmt="ko", capsize=3, label="published: 5 IU at once (mean, SD)"
    )
    axes.set(xlabel="minutes after the dose", ylabel="mean arterial pressure, change (mmHg)")
    axes.legend(fontsize="small")
    return {"blood_pressure": figure}
