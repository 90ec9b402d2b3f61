"""Cholecystokinin in the rat, and what plasma tells of the firing behind it (the aim of DOI 10.1210/en.2017-03068).

The bundled scenario `cck_rat`, without assay: firing jumps up and dies away, plasma follows. Then backwards: secretion
from the plasma levels by inverting the kinetics, and firing from secretion by the inverse of the steady curve of the
same cells. What was fired is known, so the inference can be judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.deconvolution import firing_from_secretion, secretion_from_plasma
from knuffel.evidence import load
from knuffel.scenario import load_scenario
from knuffel.simulation import simulate
from knuffel.validation.cells import FORGOTTEN, Floats, record, released
from knuffel.validation.drive import Blood
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_MINUTES, _LAST, _RATS, _SPARSE = 45, 15, 4, 120
"""Minutes of the run, and of its last part; animals; seconds between the samples of a sparse series."""

_CURVE = np.arange(100.0, 451.0, 50.0)
_NAMES = ("neurons.firing_rate", "secretion.rate", "plasma.oxytocin_concentration")


@dataclass(frozen=True)
class _Course:
    """Firing (1/s) and secretion (pg/s) in every second, and plasma (pg/mL) at its end, each (rat, second).

    ``start`` is the time of the injection (s), ``delay`` the time from the gland to the blood (s).
    """

    firing: Floats
    secretion: Floats
    plasma: Floats
    start: int
    delay: int


@lru_cache(maxsize=1)
def _course() -> _Course:
    scenario = load_scenario("cck_rat")
    scenario = replace(
        scenario,
        duration=_MINUTES * 60_000,
        subject=replace(scenario.subject, count=_RATS),
        observe=replace(scenario.observe, record_every=1000, variables=_NAMES, spikes=False, samples=()),
    )
    data = simulate(scenario, seed=1).dataset
    values = [np.asarray(data[name].transpose("subject", "time").values, dtype=np.float64)[:, 1:] for name in _NAMES]
    start, delay = scenario.stimuli[0].start // 1000, round(Blood("rat_250g", basal=0).parameters.gland_delay)
    return _Course(values[0], values[1], values[2], start, delay)


@lru_cache(maxsize=4)
def _secreted(interval: int) -> Floats:
    """Return secretion (pg/s) in pieces of ``interval`` s from time zero, from as many plasma levels, (rat, piece)."""
    clearance, central, exchange, peripheral = Blood("rat_250g", basal=0).disposition
    course = _course()
    return secretion_from_plasma(
        course.plasma[:, course.delay - 1 :: interval],
        interval,
        clearance=clearance,
        central_volume=central,
        distribution_clearance=exchange,
        peripheral_volume=peripheral,
    )


@lru_cache(maxsize=1)
def _secretion_curve() -> tuple[Floats, Floats]:
    """Return mean rate (1/s) and steady secretion (pg/s) of the cells at a row of PSP rates."""
    runs = [record("oxytocin-2018", float(rate), FORGOTTEN + 200) for rate in _CURVE]
    return np.array([run.rate for run in runs]), np.array([released(run)[:, FORGOTTEN:].mean() for run in runs])


def _mean(values: Floats, width: int) -> Floats:
    """Return the mean over rats in groups of ``width`` values."""
    whole = values.shape[-1] // width * width
    mean: Floats = values[:, :whole].mean(axis=0).reshape(-1, width).mean(axis=1)
    return mean


def _guessed(seconds: int, interval: int) -> Floats:
    """Return firing (1/s) in pieces of ``seconds``, inferred from plasma levels every ``interval`` s."""
    return firing_from_secretion(_mean(_secreted(interval), seconds // interval), *_secretion_curve())


def _error(seconds: int, interval: int) -> float:
    """Return the relative error (root mean square) of the inferred firing from the injection on."""
    guess = _guessed(seconds, interval)
    true = _mean(_course().firing, seconds)[: len(guess)]
    after = slice(_course().start // seconds, None)
    return float(np.sqrt(np.mean((guess[after] / true[after] - 1) ** 2)))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/cck.toml`."""
    course, minute = _course(), _mean(_course().firing, 60)
    start = course.start // 60
    rise = minute[start:] - minute[:start].mean()
    plasma, secreted = course.plasma.mean(axis=0), _secreted(1)
    late = slice(-_LAST * 60, None)  # what the tissues held at the first sample is forgotten by then
    exact = np.abs(secreted / course.secretion[:, : secreted.shape[1]] - 1)[:, late].max()
    return [
        Row("CK_rise", float(rise[0])),
        Row("CK_mean_rise", float(rise[:10].mean())),
        Row("CK_back", float(rise[15:20].mean() / rise[0])),
        Row("CK_plasma", float(plasma.max())),
        Row("CK_lag", (_peak(plasma) - course.start) / 60),
        Row("CK_half_life", _half_life(plasma)),
        Row("CK_secretion", float(exact)),
        Row("CK_peak", float(_guessed(60, 1)[start] / minute[start])),
        Row("CK_firing", _error(60, 1)),
        Row("CK_sparse", _error(_SPARSE, _SPARSE)),
    ]


def _peak(plasma: Floats) -> float:
    """Return the time (s) at which plasma is highest, by a polynomial through the five minutes around it."""
    start = _course().start
    time = np.arange(1.0, len(plasma) + 1)
    near = (time > start + 60) & (time < start + 400)
    curve = np.polyfit(time[near] - start, plasma[near], 4)
    grid = np.arange(60.0, 400.0)
    return float(start + grid[np.argmax(np.polyval(curve, grid))])


def _half_life(plasma: Floats) -> float:
    """Return the half-life (s) of the level above rest, 5 to 15 min after the start."""
    start = _course().start
    time = np.arange(1.0, len(plasma) + 1)
    above = plasma - plasma[time <= start].mean()
    chosen = (time >= start + 300) & (time <= start + 900)
    return float(-np.log(2) / np.polyfit(time[chosen], np.log(above[chosen]), 1)[0])


def figures() -> dict[str, Any]:
    """Return plasma, secretion and firing, true and inferred, and the curve by which firing is inferred."""
    from matplotlib.figure import Figure

    course, targets = _course(), load.targets()
    figure = Figure(figsize=(10, 6), layout="constrained")
    (plasma, curve), (secretion, firing) = figure.subplots(2, 2)
    seconds = np.arange(1, course.plasma.shape[1] + 1)
    plasma.plot(seconds / 60, course.plasma.mean(axis=0), label=f"model, mean of {_RATS} rats")
    low, high = targets["CK_plasma"].interval
    plasma.axhspan(low, high, color="grey", alpha=0.25, label=f"aimed at, unverified: {low:g} to {high:g}")
    plasma.set(ylabel="plasma (pg/mL)", xlabel="minutes", ylim=(0, 85))
    curve.plot(*_secretion_curve(), "o-", markersize=4, label="oxytocin-2018, steady")
    curve.set(xlabel="spikes/s", ylabel="secretion (pg/s)")
    true = _mean(course.secretion, 5)
    secretion.step(np.arange(1, len(true) + 1) / 12, true, color="silver", where="pre", label="true, 5-s means")
    inferred = _mean(_secreted(1), 60)
    secretion.plot(np.arange(len(inferred)) + 0.5, inferred, "k.", label="inferred from plasma, 1-min means")
    secretion.set(xlabel="minutes", ylabel="secretion (pg/s)")
    firing.stairs(_mean(course.firing, 60), np.arange(_MINUTES + 1), baseline=None, label="true, 1-min means")
    for seconds_between, line, words in ((1, "k.", "levels every second"), (_SPARSE, "o", "levels every 2 min")):
        width = max(60, seconds_between)
        guess = _guessed(width, seconds_between)
        middle = (np.arange(len(guess)) + 0.5) * width / 60
        firing.plot(middle, guess, line, fillstyle="none", label=f"inferred, {words}")
    firing.set(xlabel="minutes", ylabel="spikes/s")
    for axes in (plasma, curve, secretion, firing):
        axes.legend(fontsize="small", frameon=False)
        axes.set_ylim(bottom=0)
    return {"cck": figure}
