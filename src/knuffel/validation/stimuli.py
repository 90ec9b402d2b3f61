"""Stimuli through the whole chain, from synaptic input to plasma: cholecystokinin in the rat, a hug in a woman.

The bundled scenarios are run for several subjects without samples, so that chance hardly shows in the mean.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.evidence import load
from knuffel.scenario import load_scenario
from knuffel.simulation import simulate
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_LEVEL = "plasma.oxytocin_concentration"
_SUBJECTS = {"cck_rat": 8, "hug_woman": 12}
_MINUTES = {"cck_rat": 30, "hug_woman": 30}


@lru_cache(maxsize=4)
def _mean_course(name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float, float]:
    """Return time (s), mean plasma level (pg/mL), and start and end of the stimulus (s)."""
    scenario = load_scenario(name)
    scenario = replace(
        scenario,
        duration=_MINUTES[name] * 60_000,
        subject=replace(scenario.subject, count=_SUBJECTS[name]),
        observe=replace(scenario.observe, record_every=10_000, variables=(_LEVEL,), spikes=False, samples=()),
    )
    data = simulate(scenario, seed=1).dataset
    event = scenario.stimuli[0]
    level = np.asarray(data[_LEVEL].transpose("subject", "time").values).mean(axis=0)
    time = np.arange(len(level), dtype=np.float64) * 10
    return time, level, event.start / 1000, (event.start + event.duration) / 1000


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    time, level, start, _ = _mean_course("cck_rat")
    rest = level[time <= start].mean()
    highest = level[time > start].max()
    found = [Row("CCK_rest", rest), Row("CCK_level", highest), Row("CCK_fold", highest / rest)]
    time, level, start, end = _mean_course("hug_woman")
    fold = level / level[time <= start].mean()
    after = (time > start) & (time <= start + 15 * 60)
    return [*found, Row("HUG_peak", fold[after].max()), Row("HUG_end", float(np.interp(end, time, fold)))]


def figures() -> dict[str, Any]:
    """Return the figure of the study: the mean course of plasma in both.

    The axis of the hug does not begin at zero, which would hide a rise of a tenth.
    """
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), _SUBJECTS, strict=True):
        time, level, start, end = _mean_course(name)
        rest = level[time <= start].mean()
        axes.axvspan(start / 60, max(end, start + 10) / 60, color="tab:orange", alpha=0.3, label="stimulus")
        axes.plot(time / 60, level, label="model")
        if name == "cck_rat":
            low, high = targets["CCK_fold"].interval
            axes.axhspan(low * rest, high * rest, color="grey", alpha=0.25, label="published: 3 to 5 times rest")
            for key in ("CCK_rest", "CCK_level"):
                axes.axhline(targets[key].published, color="black", linestyle=":")
        else:
            axes.axhline(targets["HUG_peak"].published * rest, color="black", linestyle=":")
        axes.plot([], [], "k:", label="computed beforehand, our design")
        axes.set(xlabel="minutes", ylabel="oxytocin (pg/mL)", title=f"{name}, mean of {_SUBJECTS[name]}")
        axes.legend(fontsize="small")
        if name == "cck_rat":
            axes.set_ylim(bottom=0)
    return {"stimuli": figure}
