"""What an adult brings to a run, pregnancy and the weeks after it, as pure functions on arrays.

    g(w)    = [sig((w - w_m)/w_s) - sig((w_0 - w_m)/w_s)] / [sig((w_f - w_m)/w_s) - sig((w_0 - w_m)/w_s)]
    f       = g(w) in pregnancy, g(w_birth) 2^(-d/h) after it          pregnancy factor, 0 to 1
    A_ox    = A_0 + A_p f                                              oxytocinase in plasma
    CL      = CL_org + CL_pl f
    R(w)    log-linear from R_0 at week 0 to R_early to R_late, then flat
    R(d)    log-linear from R(w_birth) to a share of it, flat for a while, log-linear back to R_0

Weeks of pregnancy w, days after the birth d, densities in fmol/mg. Everything broadcasts over subjects.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.contract import Floats

__all__ = [
    "after_birth",
    "basal_concentration",
    "density_after_birth",
    "density_in_pregnancy",
    "pregnancy_course",
    "week_or_zero",
]


def basal_concentration(secretion: float | Floats, clearance: float | Floats) -> float | Floats:
    """Return the concentration (pg/mL) at which a constant ``secretion`` (pg/s) and ``clearance`` (mL/s) balance."""
    return secretion / clearance


def week_or_zero(gestational_week: Floats) -> Floats:
    """Return the week of pregnancy with 0 in place of NaN (not pregnant); array of shape (subject,)."""
    return np.where(np.isnan(gestational_week), 0, gestational_week).astype(np.float64)


def pregnancy_course(week: Any, onset: Any, midpoint: Any, width: Any, full: Any) -> Any:
    """Return g(w): 0 up to ``onset``, a sigmoid round ``midpoint``, 1 from ``full`` on; all in weeks."""
    begin = _sigmoid((onset - midpoint) / width)
    end = _sigmoid((full - midpoint) / width)
    return np.clip((_sigmoid((week - midpoint) / width) - begin) / (end - begin), 0, 1)


def after_birth(at_birth: Any, days: Any, half_life: Any) -> Any:
    """Return what is left of a quantity ``days`` after the birth, with a ``half_life`` in days."""
    return at_birth * np.exp2(-days / half_life)


def density_in_pregnancy(week: Any, resting: Any, early: Any, late: Any, early_week: Any, late_week: Any) -> Any:
    """Return R(w): log-linear from ``resting`` at week 0 through ``early`` to ``late``, flat after ``late_week``."""
    first = _share(week, 0, early_week)
    second = _share(week, early_week, late_week)
    return np.where(second > 0, _between(early, late, second), _between(resting, early, first))


def density_after_birth(
    days: Any, at_birth: Any, resting: Any, share: Any, fall_time: Any, hold_until: Any, settled: Any
) -> Any:
    """Return R(d): from ``at_birth`` to ``share`` of it in ``fall_time`` days, flat until ``hold_until``, then back.

    The resting density is reached at ``settled`` days, log-linear; it is never undershot.
    """
    low = np.maximum(share * at_birth, resting)
    falling = _between(at_birth, low, _share(days, 0, fall_time))
    return np.where(days > hold_until, _between(low, resting, _share(days, hold_until, settled)), falling)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _share(x: Any, low: Any, high: Any) -> Any:
    """Return how far ``x`` is from ``low`` to ``high``, 0 to 1."""
    return np.clip((x - low) / (high - low), 0, 1)


def _between(low: Any, high: Any, share: Any) -> Any:
    """Return the geometric interpolation; unlike a quotient it stands a density of 0."""
    return np.power(low, 1 - share) * np.power(high, share)
