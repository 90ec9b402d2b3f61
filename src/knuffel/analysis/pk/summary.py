"""One line of numbers for each subject's curve of concentration, and the bioavailability of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from knuffel.analysis.pk.area import area, moment, time_above, value_at
from knuffel.analysis.pk.checks import Checked, checked
from knuffel.analysis.pk.curve import Curve, curve_of, quantified
from knuffel.analysis.pk.terminal import FEWEST, Terminal, terminal_phase

__all__ = ["WIDE", "PkSummary", "bioavailability", "summarise"]

Floats = npt.NDArray[np.float64]

WIDE = 0.2
"""The share of an area that may be extrapolated before it is flagged."""


@dataclass(frozen=True, eq=False)
class PkSummary:
    """Kinetics of one curve for each subject; every array has shape (subject,) and NaN where a number does not exist.

    In units of time T, concentration C and dose D of what was given to `summarise`. Times count from the dose.

    - ``area_to_last``, ``area_to_infinity`` (C T): AUC to the last level above zero, and with last / rate added;
      ``extrapolated_share``: which part of it was added, ``extrapolated_widely``: whether that is above 20 %.
    - ``moment_to_last``, ``moment_to_infinity`` (C T^2): AUMC.
    - ``maximum``, ``time_of_maximum``, ``last``, ``time_of_last``: Cmax, tmax, Clast, tlast, of samples.
    - ``initial``: C0 of an intravenous bolus.
    - ``terminal_rate`` (1/T), ``half_life``, ``r_squared``, ``adjusted_r_squared``, ``points``: see `terminal_phase`.
    - ``mean_residence_time`` (T): AUMC / AUC, half the duration of an infusion taken away; after extravascular doses it
      holds the time of absorption.
    - ``clearance`` (D / (C T)), ``terminal_volume``, ``steady_state_volume`` (D / C): CL, Vz and Vss, after
      extravascular doses CL / F and Vz / F, and no Vss.
    - ``time_above`` (T): above the threshold, of levels as measured.
    - ``average``, ``fluctuation``: mean level of the interval, and (highest - lowest) / mean within it.
    - ``reasons``: for each subject why a number is missing, and what was assumed.
    """

    area_to_last: Floats
    area_to_infinity: Floats
    extrapolated_share: Floats
    moment_to_last: Floats
    moment_to_infinity: Floats
    maximum: Floats
    time_of_maximum: Floats
    last: Floats
    time_of_last: Floats
    initial: Floats
    terminal_rate: Floats
    half_life: Floats
    r_squared: Floats
    adjusted_r_squared: Floats
    points: Floats
    mean_residence_time: Floats
    clearance: Floats
    terminal_volume: Floats
    steady_state_volume: Floats
    time_above: Floats
    average: Floats
    fluctuation: Floats
    reasons: tuple[tuple[str, ...], ...]

    @property
    def extrapolated_widely(self) -> npt.NDArray[np.bool_]:
        """Return for which subjects more than 20 % of the area to infinity was not measured."""
        return np.asarray(self.extrapolated_share > WIDE)

    @staticmethod
    def join(summaries: Sequence[PkSummary]) -> PkSummary:
        """Return the subjects of several summaries one after another, in the given order."""
        names = [item.name for item in fields(PkSummary) if item.name != "reasons"]
        columns = {name: np.concatenate([getattr(item, name) for item in summaries]) for name in names}
        return PkSummary(**columns, reasons=tuple(reason for item in summaries for reason in item.reasons))


def summarise(
    time: npt.ArrayLike,
    concentration: npt.ArrayLike,
    *,
    dose: npt.ArrayLike | None = None,
    infusion_duration: float = 0.0,
    route: str = "extravascular",
    baseline: npt.ArrayLike | None = None,
    method: str = "linear_up_log_down",
    threshold: float | None = None,
    below: npt.ArrayLike | None = None,
    dose_time: float | None = None,
    interval: tuple[float, float] | None = None,
) -> PkSummary:
    """Return the kinetics of curves of concentration, without a model.

    ``time`` has shape (samples,) or (subject, samples) and ascends; ``concentration`` (subject, samples) or (samples,),
    0 or more, NaN where a sample is missing. Units are the caller's: those of the numbers that come back follow.

    ``dose``, ``baseline``: one number or one for each subject. The baseline is taken away, what falls below zero is 0.
    ``infusion_duration`` belongs to the route ``iv_infusion``. ``dose_time`` is when the dose began: 0 for a bolus
    unless given, else the first sample; samples before it do not count. ``below`` marks values below the limit of
    quantification (shape of ``concentration``): before the first quantified one they are 0, after the last dropped, in
    between missing. ``method`` is the rule for areas (`METHODS`). ``interval`` asks for mean and fluctuation between
    two times.

    The terminal phase starts after the maximum, and after the end of an infusion. Of a smooth simulated curve it may
    take in more than the last phase, because the fit is nearly perfect there too: look at ``points``.

    Raises `DataError` for times that do not ascend, numbers that are not finite, concentrations below zero, an unknown
    route or method, and shapes that do not fit.
    """
    given = checked(
        time, concentration, dose, infusion_duration, route, baseline, method, threshold, below, dose_time, interval
    )
    rows, reasons = [], []
    for subject in range(len(given.level)):
        row, why = _one(given, subject)
        rows.append(row)
        reasons.append(tuple(why))
    names = [item.name for item in fields(PkSummary) if item.name != "reasons"]
    columns = {name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names}
    return PkSummary(**columns, reasons=tuple(reasons))


def bioavailability(
    test: PkSummary | npt.ArrayLike,
    reference: PkSummary | npt.ArrayLike,
    dose_test: npt.ArrayLike,
    dose_reference: npt.ArrayLike,
) -> Floats:
    """Return the area per dose of a test over that of a reference, for each subject.

    ``test`` and ``reference`` are summaries (their area to infinity counts) or areas in equal units; doses likewise.
    NaN where an area does not exist or is not above zero. An absolute bioavailability has an intravenous reference.
    """
    areas = [
        np.asarray(item.area_to_infinity if isinstance(item, PkSummary) else item, dtype=np.float64)
        for item in (test, reference)
    ]
    doses = [np.asarray(item, dtype=np.float64) for item in (dose_test, dose_reference)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (areas[0] / doses[0]) / (areas[1] / doses[1])
        sound = (areas[0] > 0) & (areas[1] > 0) & (doses[0] > 0) & (doses[1] > 0) & np.isfinite(ratio)
    return np.asarray(np.where(sound, ratio, np.nan))


def _one(given: Checked, subject: int) -> tuple[dict[str, float], list[str]]:
    """Return the numbers of one subject, and why others are missing."""
    row: dict[str, float] = {}
    time, measured = quantified(given.time[subject], given.level[subject], given.below[subject])
    level = np.maximum(measured - given.baseline[subject], 0)
    curve = curve_of(time, level, given.route, given.dose_time)
    if len(curve.time) == 0:
        return row, [*curve.reasons, "there is no quantified sample after the dose"]
    if given.threshold is not None:
        shown = time >= curve.start
        row["time_above"] = time_above(time[shown], measured[shown], given.threshold, given.method)
    if given.interval is not None:
        _steady(row, curve, given.interval, given.method)
    positive = np.flatnonzero(curve.level > 0)
    sampled = curve.level[curve.added :]
    place = int(sampled.argmax()) + curve.added
    row["maximum"], row["initial"] = float(curve.level[place]), curve.initial
    if len(positive) == 0:
        row["area_to_last"] = row["moment_to_last"] = 0.0
        return row, [*curve.reasons, "no level is above zero (and above the baseline)"]
    row["time_of_maximum"] = float(curve.time[place]) - curve.start
    end = int(positive[-1]) + 1
    since = curve.time[:end] - curve.start
    row["last"], row["time_of_last"] = float(curve.level[end - 1]), float(since[-1])
    row["area_to_last"] = area(since, curve.level[:end], given.method)
    row["moment_to_last"] = moment(since, curve.level[:end], given.method)
    fitted = np.arange(place + 1, end)
    fitted = fitted[(curve.level[fitted] > 0) & (since[fitted] >= given.infusion_duration)]
    phase = terminal_phase(since[fitted], curve.level[fitted])
    if phase is None:
        few = len(fitted) < FEWEST
        why = f"fewer than {FEWEST} levels after the maximum" if few else "the levels after the maximum do not fall"
        return row, [*curve.reasons, f"no terminal phase: {why}"]
    return _extrapolated(row, phase, given, subject, curve.reasons)


def _extrapolated(
    row: dict[str, float], phase: Terminal, given: Checked, subject: int, reasons: list[str]
) -> tuple[dict[str, float], list[str]]:
    """Add what rests on the terminal phase."""
    rate, end = phase.rate, row["time_of_last"]
    row["terminal_rate"], row["half_life"], row["points"] = rate, phase.half_life, phase.points
    row["r_squared"], row["adjusted_r_squared"] = phase.r_squared, phase.adjusted_r_squared
    added = row["last"] / rate
    total = row["area_to_infinity"] = row["area_to_last"] + added
    row["moment_to_infinity"] = row["moment_to_last"] + end * added + added / rate
    row["extrapolated_share"] = added / total
    residence = row["mean_residence_time"] = row["moment_to_infinity"] / total - given.infusion_duration / 2
    if row["extrapolated_share"] > WIDE:
        reasons.append(f"{row['extrapolated_share']:.0%} of the area to infinity was not measured")
    dose = given.dose[subject]
    if np.isnan(dose):
        return row, [*reasons, "no clearance and no volumes: the dose is not given"]
    row["clearance"] = dose / total
    row["terminal_volume"] = row["clearance"] / rate
    if given.route != "extravascular":
        row["steady_state_volume"] = row["clearance"] * residence
    return row, reasons


def _steady(row: dict[str, float], curve: Curve, interval: tuple[float, float], method: str) -> None:
    """Add mean and fluctuation between two times; the ends are interpolated."""
    begin, end = interval
    edges = [value_at(curve.time, curve.level, at, method) for at in interval]
    if not np.isfinite(edges).all():
        curve.reasons.append("no mean and no fluctuation: the samples do not cover the interval")
        return
    inside = (curve.time > begin) & (curve.time < end)
    time = np.concatenate([[begin], curve.time[inside], [end]])
    level = np.concatenate([edges[:1], curve.level[inside], edges[1:]])
    row["average"] = area(time, level, method) / (end - begin)
    if row["average"] > 0:
        row["fluctuation"] = float(level.max() - level.min()) / row["average"]
