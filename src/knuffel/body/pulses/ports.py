"""The output ports that every model of the room `pulses` has."""

from __future__ import annotations

from math import inf

from knuffel.body.contract import Kind, Port

__all__ = ["PULSE", "RATE"]

RATE = Port("pulses.rate", "pg/s", Kind.RATE, "oxytocin of the pulses", default=0, range=(0, inf), substance="oxytocin")

PULSE = Port(
    "pulses.pulse", "ms", Kind.EVENTS, "begin of each pulse", default=0, columns=(("mass", "pg"), ("duration", "s"))
)
