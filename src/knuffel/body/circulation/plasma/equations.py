"""Linear two-compartment kinetics in closed form.

    dA1/dt = R - CL C1 - Q (C1 - C2)        C1 = A1/V1
    dA2/dt = Q (C1 - C2)                    C2 = A2/V2

With k10 = CL/V1, k12 = Q/V1, k21 = Q/V2 and the roots a > b of a + b = k10 + k12 + k21, a b = k10 k21, every solution
is a sum of exp(-a t) and exp(-b t). Numbers may be floats or arrays that broadcast; times in s, clearances in mL/s,
volumes in mL, amounts in pg. The formulas are textbook pharmacokinetics (two-compartment mammillary model).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Rates",
    "bolus_concentration",
    "half_lives",
    "infusion_concentration",
    "rates",
    "solve_two_compartment",
    "solve_two_compartment_from_central_volume",
]

_LN2 = np.log(2)


class Rates(NamedTuple):
    """Rate constants in 1/s: elimination, to and from the periphery, and the fast and slow roots."""

    k10: Any
    k12: Any
    k21: Any
    fast: Any
    slow: Any


def rates(clearance: Any, central_volume: Any, distribution_clearance: Any, peripheral_volume: Any) -> Rates:
    """Return the rate constants of the model."""
    k10 = clearance / central_volume
    k12 = distribution_clearance / central_volume
    k21 = distribution_clearance / peripheral_volume
    total = k10 + k12 + k21
    # The difference of the roots, written so that nothing cancels when the periphery is slow.
    difference = np.sqrt((k10 + k12 - k21) ** 2 + 2 * k12 * (2 * k21))
    fast = 0.5 * (total + difference)
    return Rates(k10, k12, k21, fast, k10 * k21 / fast)


def half_lives(clearance: Any, central: Any, distribution: Any, peripheral: Any) -> tuple[Any, Any]:
    """Return the fast and the slow half-life in s."""
    found = rates(clearance, central, distribution, peripheral)
    return _LN2 / found.fast, _LN2 / found.slow


def bolus_concentration(
    dose: float, t: Any, clearance: float, central: float, distribution: float, peripheral: float
) -> Any:
    """Return C1 (pg/mL) at ``t`` seconds after ``dose`` pg at once into the central compartment."""
    _, _, k21, fast, slow = rates(clearance, central, distribution, peripheral)
    above, below = (fast - k21) / (fast - slow), (k21 - slow) / (fast - slow)
    return dose / central * (above * np.exp(-fast * t) + below * np.exp(-slow * t))


def infusion_concentration(
    rate: float, duration: float, t: Any, clearance: float, central: float, distribution: float, peripheral: float
) -> Any:
    """Return C1 (pg/mL) at ``t`` seconds after the start of an infusion of ``rate`` pg/s for ``duration`` seconds."""
    _, _, k21, fast, slow = rates(clearance, central, distribution, peripheral)
    above, below = (fast - k21) / (fast - slow) / central, (k21 - slow) / (fast - slow) / central

    def running(s: Any) -> Any:
        s = np.maximum(s, 0)
        return rate * (above / fast * -np.expm1(-fast * s) + below / slow * -np.expm1(-slow * s))

    time = np.asarray(t, dtype=np.float64)
    return running(time) - running(time - duration)


def solve_two_compartment(
    clearance: float, steady_state_volume: float, half_life_fast: float, half_life_slow: float
) -> tuple[float, float, float]:
    """Return (central volume, distribution clearance, peripheral volume) from reported clearance, volume, half-lives.

    Raises ValueError when no such model exists (a result that is not positive).
    """
    fast, slow = _LN2 / half_life_fast, _LN2 / half_life_slow
    x = fast * slow / clearance
    central = clearance / (fast + slow - x * steady_state_volume)
    peripheral = steady_state_volume - central
    return _positive(central, x * central * peripheral, peripheral)


def solve_two_compartment_from_central_volume(
    clearance: float, central_volume: float, half_life_fast: float, half_life_slow: float
) -> tuple[float, float, float]:
    """Return the same from the central volume instead of that at steady state. Raises ValueError likewise."""
    fast, slow = _LN2 / half_life_fast, _LN2 / half_life_slow
    k21 = fast * slow * central_volume / clearance
    distribution = (fast + slow - clearance / central_volume - k21) * central_volume
    return _positive(central_volume, distribution, distribution / k21)


def _positive(central: float, distribution: float, peripheral: float) -> tuple[float, float, float]:
    found = (float(central), float(distribution), float(peripheral))
    if not min(found) > 0:
        raise ValueError(f"no two-compartment model has these numbers (volumes and clearance come out as {found})")
    return found
