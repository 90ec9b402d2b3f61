"""Saliva and urine: symbols as in the README of the room. Times in s, amounts in pg, concentrations in pg/mL.

    saliva = max(s0 (1 + k (P(t - tau)/P0 - 1)), 0) + A_s/V_s
    urine  = (mean of P over the last W)/P0

    dA_n/dt = -k_n A_n
    dA_s/dt = (1 - F) k_n A_n - k_sw A_s - k_ms (A_s - A_m)
    dA_m/dt = k_ms (A_s - A_m)

The depots are a linear system with constant rates, moved exactly (`knuffel.body.linear`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.linear import Flow, LinearSystem

__all__ = ["DEPOTS", "behind", "depot_system", "exposure_on_grid", "grid_times", "on_grid"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DEPOTS = ("nose", "saliva", "mucosa", "swallowed", "absorbed")
"""The columns of the depots: three that hold oxytocin, and where it went."""


def depot_system(parameters: Any) -> LinearSystem:
    """Return the depots of a spray as a linear system: nose, saliva and mucosa, and what was swallowed and absorbed."""
    p = parameters
    nose, saliva, mucosa, swallowed, absorbed = DEPOTS
    share = np.asarray(p.nasal_absorbed_fraction)
    flows = [
        Flow(nose, saliva, (1 - share) * p.nasal_loss_rate),
        Flow(nose, absorbed, share * p.nasal_loss_rate),
        Flow(saliva, swallowed, p.swallowing_rate),
        Flow(saliva, mucosa, p.mucosal_exchange_rate),
        Flow(mucosa, saliva, p.mucosal_exchange_rate),
    ]
    return LinearSystem((nose, saliva, mucosa), (swallowed, absorbed), (), flows)


def grid_times(t: int, dt: int, step: int) -> Ints:
    """Return the numbers of the grid times in (t, t + dt] (ms); grid time k is at k ``step`` ms."""
    return np.arange(t // step + 1, (t + dt) // step + 1, dtype=np.int64)


def on_grid(start: Floats, end: Floats, t: int, dt: int, step: int) -> Floats:
    """Return a level that goes straight from ``start`` to ``end`` at the grid times, (subject, time)."""
    share = (grid_times(t, dt, step) * step - t) / dt
    return np.where(share == 1, end[:, None], start[:, None] + (end - start)[:, None] * share)


def exposure_on_grid(start: Floats, end: Floats, t: int, dt: int, step: int) -> Floats:
    """Return the integral from ``t`` of the same level at the grid times, (subject, time), level times s."""
    passed = grid_times(t, dt, step) * step - t
    half: Floats = 0.5 * (end - start)[:, None] * (passed / dt)
    return (start[:, None] + half) * (passed / 1000)


def behind(line: Floats, now: Floats, t: int, lag: int, step: int) -> Floats:
    """Return what a quantity was ``lag`` ms before ``t``, (subject,): straight between grid times.

    ``line`` is a ring (subject, slot) with the values at the grid times up to ``t``, ``now`` the value at ``t``. It
    holds at least ``lag``/``step`` + 2 of them.
    """
    slots = line.shape[1]
    wanted = t - lag
    low = wanted // step
    if wanted == low * step:
        found: Floats = line[:, low % slots].copy()
        return found
    later = (low + 1) * step
    upper, there = (line[:, (low + 1) % slots], later) if later <= t else (now, t)
    share = (wanted - low * step) / (there - low * step)
    before = line[:, low % slots]
    return before + (upper - before) * share
