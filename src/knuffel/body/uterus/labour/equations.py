"""The light model of the labouring uterus, as pure functions on arrays.

Frequencies are per minute, pressures in mmHg, activity in Montevideo units (mmHg of contraction summed over 10 min),
the effective stimulus in mU/min of oxytocin that a fresh uterus at term would need.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "MONTEVIDEO_WINDOW",
    "activity",
    "capped_pressure",
    "contraction_shape",
    "contraction_size",
    "filtered",
    "infusion_equivalent",
    "resting_tone",
    "stimulus_of_level",
    "stimulus_per_rate",
]

Floats = npt.NDArray[np.float64]

MONTEVIDEO_WINDOW = 10
"""Minutes over which Montevideo units sum the heights of contractions: their definition."""


def stimulus_of_level(
    concentration: Any, density: Any, coupled_fraction: Any, dose_ratio: Any, affinity: Any, constant: Any, mass: Any
) -> Any:
    """Return the operational stimulus of a low oxytocin level (pg/mL): (c R/K_E) (X/K_A)/dose ratio.

    ``affinity`` K_A in pM, ``density`` R and ``constant`` K_E in fmol/mg, ``mass`` molar mass in g/mol.
    """
    return coupled_fraction * density / constant * (concentration * (1000 / mass) / affinity) / dose_ratio


def stimulus_per_rate(dose: Any, clearance: Any, density: Any, affinity: Any, constant: Any, mass: Any) -> Any:
    """Return sigma: the stimulus of an infusion of ``dose`` pg/s per mU/min at steady state and ``density``.

    ``clearance`` in mL/s; the level is dose/clearance.
    """
    return stimulus_of_level(dose / clearance, density, 1, 1, affinity, constant, mass)


def infusion_equivalent(total: Any, basal: Any, per_rate: Any) -> Any:
    """Return x (mU/min): the stimulus in excess of that of the basal level, in units of the infusion that makes it."""
    return np.maximum(total - basal, 0) / per_rate


def filtered(effective: Any, start: Any, end: Any, seconds: float, time_constant: Any) -> Any:
    """Return e after ``seconds`` of de/dt = (x - e)/tau with x straight from ``start`` to ``end``: exact."""
    z = seconds / time_constant
    decay = np.exp(-z)
    mean = -np.expm1(-z) / z
    return effective * decay + start * (mean - decay) + end * (1 - mean)


def activity(
    effective: Any,
    dilatation: Any,
    antagonism: Any,
    spontaneous: Any,
    per_dilatation: Any,
    oxytocin: Any,
    sensitivity: Any,
) -> Any:
    """Return U (MVU) = (U0 + UX X)(1 - phi I) + dU (1 - exp(-k e)); ``antagonism`` is phi I."""
    return (spontaneous + per_dilatation * dilatation) * (1 - antagonism) - oxytocin * np.expm1(
        -sensitivity * effective
    )


def contraction_size(
    expected: Any, frequency: Any, amplitude: Any, slope: Any, highest: Any, fastest: Any
) -> tuple[Any, Any]:
    """Return (frequency per min, amplitude in mmHg) of the contractions that make up an activity in MVU.

    Up to U_ref = 10 min x ``frequency`` x ``amplitude`` both grow as the root of U; beyond it the amplitude grows by
    ``slope`` up to ``highest`` and the frequency does the rest, up to ``fastest``.
    """
    reference = MONTEVIDEO_WINDOW * frequency * amplitude
    root = np.sqrt(np.maximum(expected, 0) / reference)
    strong = np.minimum(amplitude + slope * np.maximum(expected - reference, 0), highest)
    low = expected <= reference
    height = np.where(low, amplitude * root, strong)
    often = np.where(low, frequency * root, np.minimum(expected / (MONTEVIDEO_WINDOW * strong), fastest))
    return often, height


def contraction_shape(u: Any, rise_share: Any) -> Any:
    """Return the height (0 to 1) of a contraction at ``u``, the share of its duration that has passed; 0 outside.

    A squared sine up to the peak at ``rise_share``, then a slower squared cosine down. Assumed: our design.
    """
    place = np.clip(u, 0, 1)
    rise = np.sin(0.5 * np.pi * place / rise_share) ** 2
    fall = np.cos(0.5 * np.pi * (place - rise_share) / (1 - rise_share)) ** 2
    inside = (place > 0) & (place < 1)
    return np.where(inside, np.where(place < rise_share, rise, fall), 0.0)


def resting_tone(frequency: Any, tone: Any, slope: Any, threshold: Any) -> Any:
    """Return the pressure between contractions: higher when they come faster than ``threshold`` per min."""
    return tone + slope * np.maximum(frequency - threshold, 0)


def capped_pressure(contractions: Any, tone: Any, highest: Any) -> Any:
    """Return the pressure in the uterus: tone plus the sum of contractions, at most ``highest``."""
    return np.minimum(tone + contractions, highest)
