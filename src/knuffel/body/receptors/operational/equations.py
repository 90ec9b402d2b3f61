"""The operational model of agonism with competition, and desensitisation, as pure functions on arrays.

    tau   = c R / K_E                                   transducer ratio of oxytocin
    A     = sum over agonists of q_i X_i / K_i          q: transducer ratio over that of oxytocin
    X_tot = sum over all ligands of X_j / K_j
    s     = tau A / (1 + X_tot)                         E = Em s / (1 + s)
    DR    = 1 + sum over antagonists of B/K_B           factor by which antagonists shift concentrations
    K_A   = K (1 + K_Mg/[Mg]) / (1 + K_Mg/[Mg]_0) F^(1 - chol)

    X_ex  = (max(0, X - X_basal) + q_carb X_carb) / DR
    EC50  = K_A / (1 + R_set/K_E)                       D = X_ex / (X_ex + k_D EC50)
    dc/dt = k_rec (1 - c) - k_fast D c
    dr/dt = k_turn (1 - r) - k_down D r                 R = r R_set

Concentrations in pM, densities in fmol/mg. Source of the form: Black & Leff 1983, DOI 10.1098/rspb.1983.0093.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "affinity_factor",
    "desensitised",
    "dose_ratio",
    "drive",
    "effect",
    "excess",
    "half_effective_concentration",
    "occupancy",
    "picomolar",
    "stimulus",
    "transducer_ratio",
    "v2_drive",
]


def picomolar(concentration: Any, molar_mass: Any) -> Any:
    """Return pM for a concentration in pg/mL and a molar mass in g/mol."""
    return concentration * (1000 / molar_mass)


def affinity_factor(magnesium: Any, constant: Any, reference: Any, cholesterol: Any, without: Any) -> Any:
    """Return the factor on the dissociation constants of agonists.

    ``magnesium`` (free) and ``constant`` in the unit of ``reference``, where the factor is 1; ``cholesterol`` from 0 to
    1 switches from ``without`` to 1.
    """
    return (1 + constant / magnesium) / (1 + constant / reference) * without ** (1 - cholesterol)


def transducer_ratio(density: Any, coupled_fraction: Any, transducer_constant: Any) -> Any:
    """Return tau for a receptor density and a constant K_E in the same unit."""
    return coupled_fraction * density / transducer_constant


def dose_ratio(blocked: Any) -> Any:
    """Return DR, by which antagonists at ``blocked`` = sum of B/K_B multiply every concentration of equal effect."""
    return 1 + blocked


def occupancy(bound: Any, total: Any) -> Any:
    """Return the fraction of receptors with ligands at ``bound`` = X/K on them, when all ligands add to ``total``."""
    return bound / (1 + total)


def stimulus(effective: Any, total: Any) -> Any:
    """Return the operational stimulus s = X_eff/(1 + X_tot)."""
    return effective / (1 + total)


def effect(operational_stimulus: Any, maximum: Any) -> Any:
    """Return the effect E = Em s/(1 + s), between 0 and Em."""
    return maximum * (operational_stimulus / (1 + operational_stimulus))


def half_effective_concentration(affinity: Any, tau: Any) -> Any:
    """Return the concentration of half the maximal effect, EC50 = K_A/(1 + tau), in the unit of ``affinity``."""
    return affinity / (1 + tau)


def excess(oxytocin: Any, basal: Any, other: Any, blocked: Any) -> Any:
    """Return X_ex: oxytocin above its basal level plus ``other`` agonists weighted by efficacy, behind antagonists."""
    return (np.maximum(oxytocin - basal, 0) + other) / dose_ratio(blocked)


def drive(beyond_rest: Any, sensitivity: Any, constant: Any) -> Any:
    """Return D from 0 to 1 for X_ex and the EC50 of the unstimulated tissue, both in one unit."""
    return beyond_rest / (beyond_rest + constant * sensitivity)


def desensitised(fraction: Any, strength: Any, time: Any, recovery: Any, loss: Any) -> Any:
    """Return c or r after ``time`` of a constant drive D = ``strength``: exact.

    dx/dt = recovery (1 - x) - loss D x; ``recovery`` and ``loss`` are rates per unit of ``time``.
    """
    speed = recovery + loss * strength
    end = recovery / speed
    return end + (fraction - end) * np.exp(-speed * time)


def v2_drive(vasopressin: Any, oxytocin: Any, potency_ratio: Any, half: Any) -> Any:
    """Return the drive of V2 receptors X/(X + half) with X = vasopressin + oxytocin/``potency_ratio``, all in pM."""
    joint = vasopressin + oxytocin / potency_ratio
    return joint / (joint + half)
