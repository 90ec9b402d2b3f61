"""Which rooms run because something asks for them: a protocol for the pump."""

from __future__ import annotations

from knuffel.scenario.model import ProtocolSpec

__all__ = ["ON_DEMAND", "asked_rooms"]

ON_DEMAND = frozenset({"pump"})
"""Rooms that stand still unless something asks for them."""


def asked_rooms(protocol: ProtocolSpec | None) -> frozenset[str]:
    """Return the rooms that what is given or observed asks for."""
    return frozenset({"pump"} if protocol is not None else ())
