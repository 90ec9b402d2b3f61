"""The operational model of agonism with competing agonists (Hill slope 1), as pure functions on arrays.

    tau   = c R / K_E                                   transducer ratio of oxytocin
    X_eff = sum over agonists of tau_i X_i / K_i
    X_tot = sum over all ligands of X_j / K_j
    E     = Em X_eff / (1 + X_tot + X_eff)              s = X_eff / (1 + X_tot) = E/(Em - E)
    DR    = 1 + B/K_B                                   factor by which an antagonist B shifts concentrations

Concentrations in pM, densities in fmol/mg. Source of the form: Black & Leff 1983, DOI 10.1098/rspb.1983.0093.
"""

from __future__ import annotations

from typing import Any

__all__ = ["dose_ratio", "effect", "half_effective_concentration", "picomolar", "stimulus", "transducer_ratio"]


def picomolar(concentration: Any, molar_mass: Any) -> Any:
    """Return pM for a concentration in pg/mL and a molar mass in g/mol."""
    return concentration * (1000 / molar_mass)


def transducer_ratio(density: Any, coupled_fraction: Any, transducer_constant: Any) -> Any:
    """Return tau for a receptor density and a constant K_E in the same unit."""
    return coupled_fraction * density / transducer_constant


def dose_ratio(blocked: Any) -> Any:
    """Return DR, by which an antagonist at ``blocked`` = B/K_B multiplies every concentration of equal effect."""
    return 1 + blocked


def stimulus(effective: Any, total: Any) -> Any:
    """Return the operational stimulus s = X_eff/(1 + X_tot)."""
    return effective / (1 + total)


def effect(operational_stimulus: Any, maximum: Any) -> Any:
    """Return the effect E = Em s/(1 + s), between 0 and Em."""
    return maximum * (operational_stimulus / (1 + operational_stimulus))


def half_effective_concentration(affinity: Any, tau: Any) -> Any:
    """Return the concentration of half the maximal effect, EC50 = K_A/(1 + tau), in the unit of ``affinity``."""
    return affinity / (1 + tau)
