"""A day of fast firing without synthesis: the reserve runs down, and secretion with it.

Regular trains into the terminals of one gland. As long as the refilling from the reserve exceeds what the firing
releases, secretion does not notice; below that the reserve r limits it, and secretion at equal firing is proportional
to r/r_max (code of the group: refilling is beta r/r_max).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.secretion.terminal import TerminalSecretion
from knuffel.engine.random import Streams
from knuffel.validation.cells import Floats
from knuffel.validation.drive import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

RATE, HOURS, FAST = 10, 24, 40
"""The experiment in spikes/s and hours, and a train (spikes/s) at the ceiling of secretion."""

_STEP = 60
_LIMITED = (8, 12, 16, 24)
"""Hours at which the reserve limits secretion."""


@lru_cache(maxsize=2)
def _course(rate: int, hours: int) -> tuple[Floats, Floats]:
    """Return the mean secretion of each minute (pg/s) and the reserve at its middle (share of a full one)."""
    kind = TerminalSecretion
    part = kind(numbers(kind.Parameters), kind.Settings(species="rat", cells=1, synthesis="none"))
    state, _ = part.init(Subjects(np.zeros(1, dtype=np.int64), species="rat"), Inputs(), Streams(0))
    regular = np.arange(0, _STEP * 1000, 1000 // rate, dtype=np.int64)
    none = np.zeros_like(regular)
    amount, reserve = np.zeros(hours * 3600 // _STEP), np.ones(hours * 3600 // _STEP + 1)
    for place in range(len(amount)):
        begin = place * _STEP * 1000
        amount[place] = part.release(state, Events(begin + regular, none, none), begin, _STEP * 1000)[0]
        reserve[place + 1] = state.reserve[0, 0] / part.parameters.reserve_maximum
    return amount / _STEP, (reserve[1:] + reserve[:-1]) / 2


def _ceiling() -> float:
    """Return the highest steady secretion of a gland with a full reserve (pg/s): ten minutes of a fast train."""
    return float(_course(FAST, 1)[0][9])


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/depletion.toml`."""
    own = numbers(TerminalSecretion.Parameters)
    secretion, reserve = _course(RATE, HOURS)
    at = {hour: hour * 60 - 1 for hour in (1, *_LIMITED)}
    share = secretion / reserve / own.refill_rate
    return [
        Row("DP_resting_days", own.reserve_start / own.resting_gland_rate / 86400),
        Row("DP_ceiling_hours", own.reserve_start / _ceiling() / 3600),
        Row("DP_start", float(secretion[9])),
        Row("DP_unlimited", float(secretion[at[1]] / secretion[9])),
        *(Row(f"DP_proportional_{hour}h", float(share[at[hour]])) for hour in _LIMITED),
        Row("DP_left", float(reserve[at[HOURS]])),
    ]


def figures() -> dict[str, Any]:
    """Return a day of secretion and of the reserve, and secretion against the reserve."""
    from matplotlib.figure import Figure

    own = numbers(TerminalSecretion.Parameters)
    secretion, reserve = _course(RATE, HOURS)
    hours = (np.arange(len(secretion)) + 0.5) * _STEP / 3600
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(hours, secretion / secretion[9], label=f"secretion (1 = {secretion[9]:.1f} pg/s)")
    left.plot(hours, reserve, label="reserve (1 = full)")
    left.set(xlabel=f"hours of {RATE} spikes/s without synthesis", ylabel="share", xticks=range(0, HOURS + 1, 4))
    right.plot(reserve[1:], secretion[1:], label="model, minute by minute")
    right.plot([0, 1], [0, own.refill_rate], "k:", label="refilling: beta r/r_max")
    right.set(xlabel="reserve r/r_max", ylabel="secretion (pg/s)")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.legend(fontsize="small", frameon=False)
    return {"depletion": figure}
