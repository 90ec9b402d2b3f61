"""The way from the gland to the place where blood is looked at: a pure delay of the secretion rate.

The line remembers the rate as steps: rate k holds from start k until start k + 1; the first holds from ever. Between
steps the delayed rate is constant, so the caller can keep its exact solution. Steps that have left the line are
dropped; when more steps are in the line than it has room for, the two shortest neighbours are joined, keeping their
mass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EVER", "delayed", "push"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EVER = -(2**62)
"""The start of the first step."""


def push(starts: Ints, rates: Floats, count: Ints, t: int, rate: Any, delay: int) -> None:
    """Append the step that begins at ``t`` ms; ``starts`` and ``rates`` are (subject, slot), ``count`` (subject,)."""
    used = int(count[0])
    while used > 1 and starts[0, 1] <= t - delay:
        _remove_first(starts, rates, used)
        used -= 1
    if used == starts.shape[1]:
        _join(starts, rates, t)
        used -= 1
    starts[:, used], rates[:, used] = t, rate
    count[:] = used + 1


def delayed(starts: Ints, rates: Floats, count: Ints, t: int, dt: int, delay: int) -> Iterator[tuple[int, Floats]]:
    """Yield length (ms) and rate (subject,) of each piece of the delayed rate over [t, t + dt)."""
    used, here, end = int(count[0]), t - delay, t + dt - delay
    for slot in range(used):
        until = min(int(starts[0, slot + 1]) if slot + 1 < used else end, end)
        if until > here:
            yield until - here, rates[:, slot]
            here = until


def _remove_first(starts: Ints, rates: Floats, used: int) -> None:
    starts[:, : used - 1] = starts[:, 1:used].copy()
    rates[:, : used - 1] = rates[:, 1:used].copy()


def _join(starts: Ints, rates: Floats, t: int) -> None:
    """Join the two neighbours that are shortest together; the first, which holds from ever, stays as it is."""
    lengths = np.diff(np.append(starts[0], t))
    slot = 1 + int(np.argmin(lengths[1:-1] + lengths[2:]))
    first, second = lengths[slot], lengths[slot + 1]
    rates[:, slot] = (rates[:, slot] * first + rates[:, slot + 1] * second) / (first + second)
    starts[:, slot + 1 : -1] = starts[:, slot + 2 :].copy()
    rates[:, slot + 1 : -1] = rates[:, slot + 2 :].copy()
