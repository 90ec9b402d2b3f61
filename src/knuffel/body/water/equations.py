"""Urine that is concentrated by the drive of the V2 receptor, and what that does to water and sodium.

    U_osm = U_min + U_gain v                    v = X/(X + K), from the receptors
    urine = S/U_osm                             S: solute to be excreted
    dW/dt = intake + given - urine - insensible
    Na    = (Na_0 W_0 + sodium given)/W

One litre of water weighs one kilogram. Pure functions on arrays: mOsm/kg, mL/s, mL, mmol, mmol/L.
"""

from __future__ import annotations

from typing import Any

__all__ = ["serum_sodium", "urine_flow", "urine_osmolality"]


def urine_osmolality(drive: Any, lowest: Any, gain: Any) -> Any:
    """Return U_osm in mOsm/kg for a drive of 0 to 1."""
    return lowest + gain * drive


def urine_flow(osmolality: Any, solute: Any) -> Any:
    """Return the flow in mL/s that carries ``solute`` mOsm/s at ``osmolality`` mOsm/kg."""
    return 1000 * solute / osmolality


def serum_sodium(water: Any, start_water: Any, start_sodium: Any, sodium_given: Any) -> Any:
    """Return mmol/L: what was dissolved at the start (mmol/L times mL) and ``sodium_given`` mmol in ``water`` mL."""
    return (start_sodium * start_water + 1000 * sodium_given) / water
