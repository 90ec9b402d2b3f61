"""What gates the pulses: rate and mass as functions of stress, alcohol, opioids, and the wait for the next pulse."""

from __future__ import annotations

import numpy as np

from knuffel.body.contract import Floats, Ints

__all__ = ["EVER", "alcohol_factor", "arousal_gate", "due", "hazard", "opioid_factor"]

EVER = 2**62
"""Later than any time, in ms."""


def arousal_gate(arousal: Floats, weight: Floats, exponent: Floats) -> Floats:
    """Return what arousal Z (0 to 1) leaves of the rate: (1 - weight Z)^exponent."""
    gate: Floats = (1 - weight * arousal) ** exponent
    return gate


def alcohol_factor(dose: Floats, half: Floats, exponent: Floats) -> Floats:
    """Return what alcohol (g/kg of the last hour) leaves of the mass: 1/(1 + (D/half)^exponent)."""
    factor: Floats = 1 / (1 + (dose / half) ** exponent)
    return factor


def opioid_factor(occupancy: Floats, share: Floats) -> Floats:
    """Return what an occupancy of mu-opioid receptors leaves; ``share`` is what full occupancy takes."""
    return 1 - share * occupancy


def hazard(gate: Floats, interval: Floats, dead_time: Floats) -> Floats:
    """Return the hazard (1/s) of a pulse after the dead time: 1/(interval/gate - dead time).

    Infinite where the gated interval is not longer than the dead time; 0 where the gate is closed.
    """
    slack = interval - gate * dead_time
    return np.divide(gate, slack, out=np.where(gate > 0, np.inf, 0.0), where=slack > 0)


def due(progress: Floats, goal: Floats, speed: Floats, anchor: Ints) -> Ints:
    """Return the ms at which ``progress`` reaches ``goal``, growing by ``speed`` per second from ``anchor`` on.

    Rounded up to a whole ms; `EVER` where it never does.
    """
    wait = np.divide(goal - progress, speed, out=np.full(len(speed), np.inf), where=speed > 0)
    wait = np.ceil(np.maximum(wait, 0) * 1000)
    comes = wait < EVER / 2
    return np.where(comes, anchor + np.where(comes, wait, 0).astype(np.int64), EVER)
