"""What was given to a summary of kinetics, checked and in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from knuffel.analysis.pk.area import METHODS
from knuffel.analysis.pk.curve import ROUTES
from knuffel.errors import DataError, Problem, nearest

__all__ = ["Checked", "checked"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Checked:
    """Times, levels and flags of shape (subject, samples); dose (NaN when unknown) and baseline of shape (subject,)."""

    time: Floats
    level: Floats
    below: npt.NDArray[np.bool_]
    dose: Floats
    baseline: Floats
    infusion_duration: float
    route: str
    method: str
    threshold: float | None
    dose_time: float | None
    interval: tuple[float, float] | None


def checked(
    time: npt.ArrayLike,
    concentration: npt.ArrayLike,
    dose: npt.ArrayLike | None,
    infusion_duration: float,
    route: str,
    baseline: npt.ArrayLike | None,
    method: str,
    threshold: float | None,
    below: npt.ArrayLike | None,
    dose_time: float | None,
    interval: tuple[float, float] | None,
) -> Checked:
    """Return the arguments of `summarise` in one shape. Raises `DataError` as it says there."""
    _known("route", route, ROUTES)
    _known("method", method, METHODS)
    level = np.atleast_2d(_numbers("concentration", concentration))
    times = _numbers("time", time)
    if level.ndim != 2 or times.ndim not in (1, 2) or times.shape[-1] != level.shape[-1]:
        _refuse("time and concentration do not fit", f"shapes {times.shape} and {level.shape}", "(subject, samples)")
    if level.shape[0] == 0 or (times.ndim == 2 and len(times) != len(level)):
        _refuse("time and concentration do not fit", f"shapes {times.shape} and {level.shape}", "(subject, samples)")
    if not np.isfinite(times).all():
        _refuse("a time is not finite", _first(times, ~np.isfinite(times)), "finite times")
    back = np.diff(times, axis=-1) <= 0
    if back.any():
        _refuse("the times do not ascend", _first(times[..., 1:], back), "each time later than the one before")
    wrong = np.isinf(level) | (level < 0)
    if wrong.any():
        _refuse("a concentration cannot be this", _first(level, wrong), "0 or more, NaN where it is missing")
    flags = np.zeros(level.shape, dtype=bool) if below is None else np.atleast_2d(np.asarray(below, dtype=bool))
    if flags.shape != level.shape:
        _refuse("the marks of values below the limit do not fit", str(flags.shape), str(level.shape))
    lasts = float(infusion_duration)
    if not isfinite(lasts) or lasts < 0 or (lasts > 0) != (route == "iv_infusion"):
        _refuse("an infusion lasts, and nothing else does", f"{lasts:g} for {route}", "above 0 for iv_infusion, else 0")
    for name, value in (("threshold", threshold), ("dose_time", dose_time)):
        if value is not None and not isfinite(value):
            _refuse(f"{name} is not finite", str(value), "a finite number")
    if interval is not None and not (all(map(isfinite, interval)) and interval[0] < interval[1]):
        _refuse("no such interval", str(interval), "two times, the first earlier")
    return Checked(
        np.broadcast_to(times, level.shape),
        level,
        flags,
        _each("dose", dose, np.nan, len(level), zero=False),
        _each("baseline", baseline, 0.0, len(level), zero=True),
        lasts,
        route,
        method,
        threshold,
        dose_time,
        interval,
    )


def _refuse(message: str, found: str, allowed: str, suggestion: str | None = None) -> NoReturn:
    raise DataError(str(Problem(message, found=found, allowed=allowed, suggestion=suggestion)))


def _known(name: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        _refuse(f"there is no such {name}", repr(word), ", ".join(allowed), nearest(str(word), allowed))


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        _refuse(f"{name} does not hold numbers", str(error), "an array")


def _first(values: Floats, wrong: npt.NDArray[np.bool_]) -> str:
    place = tuple(int(number) for number in np.argwhere(wrong)[0])
    return f"{values[place]} at {place}"


def _each(name: str, value: npt.ArrayLike | None, default: float, subjects: int, *, zero: bool) -> Floats:
    """Return one number for each subject."""
    found = _numbers(name, default if value is None else value)
    if found.ndim > 1 or (found.ndim == 1 and len(found) not in (1, subjects)):
        _refuse(f"{name} does not fit", f"shape {found.shape}", f"one number, or {subjects}")
    sound = np.isfinite(found) & ((found >= 0) if zero else (found > 0))
    if value is not None and not sound.all():
        _refuse(f"{name} cannot be this", str(found), "a finite number, 0 or more" if zero else "above 0")
    return np.broadcast_to(found, (subjects,)).astype(np.float64)
