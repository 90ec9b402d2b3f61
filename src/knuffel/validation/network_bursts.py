"""Does the network do what it should: bursts under suckling, none without, and what changes them.

Every number is a mean over three seeds, each with a graph of its own, unless it says otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.validation.nursing_network import CELLS, SEEDS, Run, mean_over, network
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_HALF_HOUR = 1800
_MANY = (1, 2, 3, 4, 5)
_STRONG = 2.5
_PRIMING = {"0_0003": 0.3, "0_0005": 0.5, "0_0008": 0.8}
_STOP = 900


def _default() -> list[Run]:
    return [network(seed) for seed in SEEDS]


def _median(runs: list[Run], name: str) -> float:
    """Return the median over all bursts of the cells that take part in bursts of the network."""
    return float(np.median(np.concatenate([getattr(run.bursts, name) for run in runs])))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/network_bursts.toml`."""
    runs, many = _default(), [network(seed) for seed in _MANY]
    every = np.concatenate([run.bursts.participation for run in runs])
    intervals = np.concatenate([run.bursts.intervals for run in runs]) / 1000
    found = [
        Row("NB_per_hour", mean_over(runs, "per_hour")),
        Row("NB_interval", mean_over(runs, "interval")),
        Row("NB_participation", float(every.min())),
        Row("NB_spikes", _median(runs, "spikes")),
        Row("NB_duration", _median(runs, "duration") / 1000),
        Row("NB_peak", _median(runs, "peak_rate")),
        Row("NB_spread", float(max(run.bursts.onset_spread.max() for run in runs)) / 1000),
        Row("NB_background", float(np.mean([run.background.rate for run in runs]))),
        Row("NB_mode", float(np.mean([run.background.mode for run in runs]))),
        Row("NB_latency", mean_over(many, "latency") - mean_over(many, "interval")),
    ]
    return found + _controls() + _inputs() + _suckling() + _insensitive() + _gates() + _published(runs, intervals)


def _controls() -> list[Row]:
    none, deaf = network(seconds=_HALF_HOUR, priming_rate=0.0), network(seconds=_HALF_HOUR, oxytocin_excitation=0.0)
    default = network(seconds=_HALF_HOUR)
    found = [Row("NB_no_suckling", len(none.bursts)), Row("NB_no_oxytocin", len(deaf.bursts))]
    for name, key in (("step", "endocannabinoid_step"), ("limit", "endocannabinoid_limit")):
        without: dict[str, Any] = {key: 0.0}
        free = network(seconds=_HALF_HOUR, **without)
        found.append(Row(f"NB_no_cannabinoid_{name}", free.per_hour / default.per_hour))
        found.append(Row(f"NB_no_cannabinoid_{name}_rate", free.background.rate / default.background.rate))
    return found


def _inputs() -> list[Row]:
    strong = network(seconds=_HALF_HOUR, steps=((0, "excitation_gain", _STRONG),))
    stepped = network(seconds=_HALF_HOUR, steps=((_STOP, "excitation_gain", _STRONG),))
    inhibited = [network(seed, steps=((0, "inhibition_gain", _STRONG),)) for seed in SEEDS]
    return [
        Row("NB_strong", int((strong.bursts.start > 60_000).sum())),
        Row("NB_strong_rate", strong.rate),
        Row("NB_stepped", int((stepped.bursts.start > (_STOP + 60) * 1000).sum())),
        Row("NB_inhibited", float(np.mean([len(run.bursts) for run in inhibited]))),
        Row("NB_inhibited_rate", mean_over(inhibited, "rate")),
    ]


def _suckling() -> list[Row]:
    stopped = [network(seed, _HALF_HOUR * 2 // 3, steps=((_STOP, "suckling", 0.0),)) for seed in _MANY]
    late = [int((run.bursts.start > _STOP * 1000).sum()) for run in stopped]
    weak = network(seconds=_HALF_HOUR, priming_rate=0.1)
    graded = {name: [network(seed, priming_rate=rate) for seed in SEEDS] for name, rate in _PRIMING.items()}
    intervals = {name: mean_over(runs, "interval") for name, runs in graded.items()}
    found = [Row("NB_stopped", float(np.mean(late))), Row("NB_weak", len(weak.bursts))]
    found += [Row(f"NB_interval_{name}", value / 60) for name, value in intervals.items()]
    found.append(Row("NB_monotonic", float(intervals["0_0003"] > intervals["0_0005"] > intervals["0_0008"])))
    latencies = [mean_over(runs, "latency") for runs in graded.values()]
    return [*found, Row("NB_latency_monotonic", float(latencies[0] > latencies[1] > latencies[2]))]


def _insensitive() -> list[Row]:
    run = network(settings=(("insensitive_cells", (0,)),))
    own = run.time[run.cell == 0] / 1000
    starts = run.bursts.start / 1000
    after = np.mean([((own > start + 2) & (own < start + 12)).sum() / 10 for start in starts])
    return [
        Row("NB_insensitive", int((run.cell_bursts.cell == 0).sum())),
        Row("NB_insensitive_silence", float(after / (len(own) / run.seconds))),
    ]


def _gates() -> list[Row]:
    aroused = network(seconds=_HALF_HOUR, steps=((0, "sleep_gate", 0.0),))
    stressed = [network(seed, steps=((0, "arousal", 1.0),)) for seed in SEEDS]
    nuclei = (("topology", "two_nuclei"),)
    both = [network(seed, settings=nuclei) for seed in SEEDS[:2]]
    one = [network(seed, steps=((0, "suckling_right", 0.0),), settings=nuclei) for seed in SEEDS[:2]]
    sides = [_spikes_by_side(run) for run in one]
    return [
        Row("NB_aroused", len(aroused.bursts)),
        Row("NB_stressed", mean_over(stressed, "per_hour")),
        Row("NB_unilateral_interval", mean_over(one, "interval") / mean_over(both, "interval")),
        Row("NB_unilateral_side", float(np.nanmean([left / right for left, right in sides]))),
        Row("NB_unilateral_spikes", _median(one, "spikes") / _median(both, "spikes")),
        Row("NB_replay", float(np.array_equal(network(seconds=_HALF_HOUR // 3).time, _again().time))),
    ]


def _spikes_by_side(run: Run) -> tuple[float, float]:
    """Return the mean spikes of a burst of a cell in the left nucleus (that of the suckled side) and the right one."""
    left = run.cell_bursts.cell < CELLS // 2
    return float(run.cell_bursts.spikes[left].mean()), float(run.cell_bursts.spikes[~left].mean())


def _again() -> Run:
    """Return the first run, computed once more."""
    from knuffel.validation.nursing_network import _run

    return _run.__wrapped__(1, _HALF_HOUR // 3, (), (), ())


def _published(runs: list[Run], intervals: Any) -> list[Row]:
    """Return what was measured in animals or stands in the paper."""
    silence = np.concatenate([run.bursts.silence for run in runs]) / 1000
    step = ((_HALF_HOUR / 2, "inhibition_gain", _STRONG),)
    started = [network(seed, _HALF_HOUR, steps=step, priming_rate=0.21) for seed in SEEDS[:2]]
    late = [int((run.bursts.start > _HALF_HOUR * 500).sum()) for run in started]
    strong = network(seconds=_HALF_HOUR, priming_rate=1.4)
    return [
        Row("NP_rate", float(np.mean([run.background.rate for run in runs]))),
        Row("NP_interval", float(intervals.mean()) / 60),
        Row("NP_duration", _median(runs, "duration") / 1000),
        Row("NP_peak", _median(runs, "peak_rate")),
        Row("NP_silence", float(np.median(silence))),
        Row("NP_inhibition", float(np.mean(late))),
        Row("NP_threshold", float(len(strong.bursts))),
    ]


def figures() -> dict[str, Any]:
    """Return how suckling sets the interval, and the intervals of three networks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    strengths = np.array([0.3, 0.5, 0.8])
    for name, label in (("interval", "between bursts"), ("latency", "until the first")):
        values = [[getattr(network(seed, priming_rate=rate), name) / 60 for seed in SEEDS] for rate in strengths]
        means, spread = np.mean(values, axis=1), np.std(values, axis=1, ddof=1)
        left.errorbar(strengths, means, spread, fmt="o-", capsize=3, label=label)
    left.set(xlabel="suckling (store units/s)", ylabel="time (min)", ylim=(0, None))
    left.set_title("Stronger suckling, shorter intervals")
    left.legend(fontsize="small")
    every = np.concatenate([network(seed).bursts.intervals for seed in _MANY]) / 60_000
    right.hist(every, np.arange(0, 8.5, 0.5), color="C2")
    right.set(xlabel="interval between bursts (min)", ylabel="intervals")
    right.set_title(f"{len(every) + len(_MANY)} bursts of five networks")
    return {"network_intervals": figure}
