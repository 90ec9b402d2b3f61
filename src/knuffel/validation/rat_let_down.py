"""Let-down in the rat: doses, bursts of the gland, filling, antagonists, and why pulses work where floods fail."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.validation.let_down import Trace, crossing, plasma, rat, width
from knuffel.validation.row import Row

__all__ = ["DOSES", "figures", "rows"]

DOSES = (0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.6, 3.2, 5, 10, 25, 50)
_BURSTS = (0.70, 1.00, 1.20, 1.60)
_BASAL, _BOLUS, _SEEN = 25.0, 0.5, 1.0
_BURST, _GLAND_DELAY = 1.5, 5
_PG = 1710
_CM_WATER = 0.7355591


@lru_cache(maxsize=64)
def _dose(milliunits: float, seconds: float = _BOLUS, fill: float = 1.0, ratio: float = 1.0) -> Trace:
    """Return the answer to a dose into a vein over some seconds."""
    length = 250 + 60 * milliunits if milliunits > 2 else 150 + seconds
    course = plasma("rat", _BASAL, [(0, seconds, milliunits * _PG)])
    return rat(course, min(length, 1200), basal=_BASAL, start_fill=fill, ratio=ratio)


@lru_cache(maxsize=16)
def _burst(nanograms: float, duration: float = _BURST, ratio: float = 1.0, slow: bool = False) -> Trace:
    """Return the answer to a burst of the gland, which the blood carries on for 5 s."""
    course = plasma("rat", _BASAL, [(_GLAND_DELAY, duration, nanograms * 1000)])
    return rat(course, 150, basal=_BASAL, start_fill=1.0, ratio=ratio, sets=("urethane_slow",) if slow else ())


@lru_cache(maxsize=1)
def _four() -> list[float]:
    """Return the peaks of four bursts 200 s apart."""
    course = plasma("rat", _BASAL, [(_GLAND_DELAY + 200 * place, _BURST, 1200) for place in range(4)])
    rise = rat(course, 800, basal=_BASAL, start_fill=1.0).rise.reshape(4, -1)
    return [float(peak) for peak in rise.max(axis=1)]


def _name(number: float) -> str:
    return f"{number:g}".replace(".", "_")


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/rat_let_down.toml`."""
    found = []
    for dose in DOSES:
        trace, name = _dose(dose), _name(dose)
        found.append(Row(f"RL_peak_{name}", trace.peak))
        found.append(Row(f"RL_time_{name}", trace.time_of_peak))
        found.append(Row(f"RL_width_{name}", width(trace)))
        if trace.peak > _SEEN:
            first, lasting = crossing(trace, _SEEN)
            found += [Row(f"RL_from_{name}", first), Row(f"RL_for_{name}", lasting)]
    for mass in _BURSTS:
        trace, name = _burst(mass), _name(mass)
        first, lasting = crossing(trace, _SEEN)
        found += [
            Row(f"RL_burst_peak_{name}", trace.peak),
            Row(f"RL_burst_time_{name}", trace.time_of_peak),
            Row(f"RL_burst_width_{name}", width(trace)),
            Row(f"RL_burst_from_{name}", first),
            Row(f"RL_burst_for_{name}", lasting),
        ]
    stalk = _burst(4.2, 4)
    found += [Row("RL_stalk_peak", stalk.peak), Row("RL_stalk_width", width(stalk))]
    found += [Row(f"RL_four_{place + 1}", peak) for place, peak in enumerate(_four())]
    found += [Row("RL_minute", _dose(1.0, 60).peak), Row("RL_minute_time", _dose(1.0, 60).time_of_peak)]
    found += [Row(f"RL_fill_{_name(fill)}", _dose(1.6, fill=fill).peak) for fill in (0.0, 0.5, 1.0)]
    found += [Row("RL_ratio_3", _burst(1.2, ratio=3).peak), Row("RL_ratio_10", _burst(1.2, ratio=10).peak)]
    found.append(Row("RL_shift", _dose(3.0, ratio=10).peak / _dose(0.3).peak))
    return found + _published()


def _published() -> list[Row]:
    """Return what was measured in animals, or follows from it."""
    reflex, injected, strong = _burst(1.2), _dose(1.0), _dose(25)
    return [
        Row("B02_injected", injected.peak),
        Row("B02_reflex", reflex.peak),
        Row("B02_ratio", reflex.peak / injected.peak),
        Row("B03_latency", crossing(reflex, _SEEN)[0]),
        Row("B03_latency_slow", crossing(_burst(1.2, slow=True), _SEEN)[0]),
        Row("B04_peak", strong.peak / _CM_WATER),
        Row("B04_duration", crossing(strong, _SEEN)[1] / 60),
        Row("B05_0_8", _dose(0.8).peak / _dose(0.8, fill=0.0).peak),
        Row("B05_1_6", _dose(1.6).peak / _dose(1.6, fill=0.0).peak),
        Row("B06_slow", _dose(1.0, 300).peak),
    ]


def figures() -> dict[str, Any]:
    """Return dose and response by filling, and the same dose as a pulse and as a flood."""
    return {"rat_dose_response": _dose_response(), "rat_pulse_or_flood": _pulse_or_flood()}


def _dose_response() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.subplots()
    for fill, colour in ((1.0, "C0"), (0.5, "C1"), (0.0, "C2")):
        peaks = [_dose(dose, fill=fill).peak for dose in DOSES]
        axes.semilogx(DOSES, peaks, "o-", color=colour, label=f"peak, {100 * fill:.0f} % full")
    targets = load.targets()
    published = [targets[f"RL_peak_{_name(dose)}"].published for dose in DOSES]
    axes.plot(DOSES, published, "kx", label="computed beforehand")
    axes.set(xlabel="dose into a vein (mU)", ylabel="rise of pressure (mmHg)", ylim=(0, 24))
    second = axes.twinx()
    lasting = [crossing(_dose(dose), _SEEN)[1] / 60 for dose in DOSES]
    second.semilogx(DOSES, lasting, "s--", color="grey", markersize=4, label="duration above 1 mmHg, full")
    second.set_ylabel("duration (min)")
    handles = [*axes.get_legend_handles_labels()[0], *second.get_legend_handles_labels()[0]]
    axes.legend(handles, [str(handle.get_label()) for handle in handles], fontsize="small", loc="upper left")
    axes.set_title("Larger doses last longer, they are not stronger")
    return figure


def _pulse_or_flood() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    time = np.arange(0.5, 400, 0.5)
    for label, seconds, colour in (("within half a second", _BOLUS, "C0"), ("over five minutes", 300.0, "C3")):
        course = plasma("rat", _BASAL, [(0, seconds, _PG)])
        above.plot(time, course(time), color=colour, label=f"1 mU {label}")
        trace = rat(course, 400, basal=_BASAL, start_fill=1.0)
        below.plot(trace.time, trace.rise, color=colour, label=f"peak {trace.peak:.1f} mmHg")
    above.set(
        ylabel="plasma (pg/mL)", title="The gland reads pulses: the same dose, at once and slowly", ylim=(0, None)
    )
    below.set(ylabel="rise of pressure (mmHg)", xlabel="time (s)", ylim=(0, None), xlim=(0, 400))
    for axes in (above, below):
        axes.legend(fontsize="small")
    return figure
