"""From the numbers of a file to a `Recording`: unit, order, distance; what does not pass is refused with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from knuffel.errors import DataError, Notice, Problem
from knuffel.recordings.recording import Recording

__all__ = ["LONGEST", "UNITS", "Numbers", "known_unit", "refuse", "sound"]

Array = npt.NDArray[np.float64]

UNITS = {"s": 1000.0, "ms": 1.0, "us": 0.001}
"""Milliseconds in each unit of time that a recording may be in."""

LONGEST = 1e10
"""Ten million seconds, in ms: the longest run."""

_DEFAULT_UNIT = "s"
_CLOSEST = 1.0  # ms; no cell fires faster, so the second of two closer spikes is a double
_ROUNDING = 1e-6  # ms; what reading decimal seconds may add to a whole ms
_PLAUSIBLE = (0.01, 200.0)  # spikes/s of one cell
_FEWEST = 10  # spikes, below which a rate says little


@dataclass(frozen=True)
class Numbers:
    """What a reader found: one array of numbers for each cell, their names, and what the file says about them.

    ``unit`` is None when the file says nothing; ``duration`` is in that unit; ``place`` gives file, line and key of a
    number by cell and place in its array, as far as they are known.
    """

    columns: Sequence[Array]
    cells: Sequence[str]
    file: str
    unit: str | None = None
    duration: float | None = None
    place: Callable[[int, int], dict[str, Any]] | None = None
    notices: Sequence[Notice] = ()


def refuse(message: str, file: str, **facts: Any) -> NoReturn:
    """Raise `DataError` for a mistake in a file, in the words of `Problem`."""
    raise DataError(str(Problem(message, file, **facts)))


def known_unit(unit: str | None, file: str) -> str | None:
    """Return the unit that a user gave, or refuse it."""
    if unit is not None and unit not in UNITS:
        refuse("times of spikes are not read in this unit", file, found=repr(unit), allowed=", ".join(UNITS))
    return unit


def sound(numbers: Numbers, *, unit: str | None = None, sort: bool = False) -> Recording:
    """Return the recording. ``unit`` of the user wins over that of the file. Raises `DataError`."""
    chosen, notices = _unit(numbers, unit)
    times = []
    for cell, column in enumerate(numbers.columns):
        time = _in_ms(np.array(column, dtype=np.float64), UNITS[chosen])
        _check_numbers(time, cell, numbers, chosen)
        times.append(time)
    notices += _plausible(times, chosen, numbers, assumed=unit is None and numbers.unit is None)
    times = [_in_order(time, cell, numbers, sort) for cell, time in enumerate(times)]
    times, doubles = _apart(times)
    if doubles:
        text = f"{doubles} spikes less than {_CLOSEST:g} ms after another of the same cell were dropped"
        notices.append(Notice("double_spikes", text, numbers.file))
    last = max((float(time[-1]) for time in times if len(time)), default=0.0)
    given = 0.0 if numbers.duration is None else numbers.duration * UNITS[chosen]
    return Recording(
        tuple(times),
        tuple(numbers.cells),
        max(given, last),
        numbers.file,
        chosen,
        (*numbers.notices, *notices),
    )


def _unit(numbers: Numbers, given: str | None) -> tuple[str, list[Notice]]:
    if given is not None:
        found = []
        if numbers.unit not in (None, given):
            text = f"the file says {numbers.unit}; the times are taken as {given}, as asked"
            found.append(Notice("unit_overruled", text, numbers.file))
        return given, found
    if numbers.unit is not None:
        return numbers.unit, []
    text = f"the file names no unit: times are taken as {_DEFAULT_UNIT}"
    text += " (say otherwise with a unit: --unit ms, unit: ms, or a header such as time_ms)"
    return _DEFAULT_UNIT, [Notice("unit_assumed", text, numbers.file)]


def _in_ms(time: Array, factor: float) -> Array:
    """Scale in place; what is a whole ms but for the rounding of decimal numbers becomes one."""
    with np.errstate(over="ignore", invalid="ignore"):
        time *= factor
        whole = np.rint(time)
        np.copyto(time, whole, where=np.abs(time - whole) < _ROUNDING)
    return time


def _check_numbers(time: Array, cell: int, numbers: Numbers, unit: str) -> None:
    """Refuse what is not finite, negative or too late."""
    if np.isfinite(time).all() and (time >= 0).all() and (time <= LONGEST).all():
        return
    place = int(np.flatnonzero(~((time >= 0) & (time <= LONGEST)))[0])
    value = float(time[place]) / UNITS[unit]
    where = _where(numbers, cell, place)
    longest = f"{LONGEST / UNITS[unit]:g} {unit}"
    if not np.isfinite(value):
        refuse("a time is not finite", found=f"{value:g}", allowed="a finite number", **where)
    if value < 0:
        refuse("a time is negative", found=f"{value:g} {unit}", allowed="times from the start on, 0 or later", **where)
    refuse("a time is too late: is the unit right?", found=f"{value:g} {unit}", allowed=f"up to {longest}", **where)


def _where(numbers: Numbers, cell: int, place: int) -> dict[str, Any]:
    return {"file": numbers.file} if numbers.place is None else {"file": numbers.file, **numbers.place(cell, place)}


def _plausible(times: Sequence[Array], unit: str, numbers: Numbers, *, assumed: bool) -> list[Notice]:
    """Warn when the numbers look like another unit: by the mean rate of a cell, or seconds that are all whole."""
    many = [time for time in times if len(time) >= _FEWEST]
    span = sum(float(time.max() - time.min()) for time in many)
    if not many:
        return []
    rate = sum(len(time) - 1 for time in many) / (span / 1000) if span else float("inf")
    low, high = _PLAUSIBLE
    whole = assumed and all((np.mod(time, UNITS[unit]) == 0).all() for time in many)
    if low <= rate <= high and not whole:
        return []
    reason = f"{rate:.3g} spikes/s and cell are not plausible ({low:g} to {high:g})"
    if whole and rate <= high:
        reason = "all of them are whole numbers"
    other = next((name for name in UNITS if low <= rate * UNITS[unit] / UNITS[name] <= high and name != unit), None)
    hint = f"; in {other} the rate would be {rate * UNITS[unit] / UNITS[other]:.3g} spikes/s" if other else ""
    ways = f"--unit {other or '…'}, unit: {other or '…'}"
    text = f"the times are taken as {unit}, but {reason}{hint}; change it with a unit ({ways}) or in the header"
    return [Notice("unit_suspect", text, numbers.file)]


def _in_order(time: Array, cell: int, numbers: Numbers, sort: bool) -> Array:
    falls = np.flatnonzero(np.diff(time) < 0)
    if not len(falls):
        return time
    if sort:
        return np.sort(time)
    place = int(falls[0]) + 1
    before, after = (f"{time[at]:.12g} ms" for at in (place - 1, place))
    where = _where(numbers, cell, place)
    message = f"the times of cell {numbers.cells[cell]} do not ascend"
    refuse(message, found=f"{after} after {before}", allowed="ascending times, or ask for sorting (--sort)", **where)


def _apart(times: list[Array]) -> tuple[list[Array], int]:
    """Drop every spike that comes less than 1 ms after the last one that is kept; return how many."""
    result, doubles = [], 0
    for time in times:
        close = np.flatnonzero(np.diff(time) < _CLOSEST - _ROUNDING) + 1
        dropped: list[int] = []
        anchor = 0
        for place in close.tolist():
            if not dropped or dropped[-1] != place - 1:
                anchor = place - 1
            if time[place] - time[anchor] < _CLOSEST - _ROUNDING:
                dropped.append(place)
            else:
                anchor = place
        result.append(np.delete(time, dropped) if dropped else time)
        doubles += len(dropped)
    return result, doubles
