"""What a scenario says about its cohort, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knuffel.population.distributions import Distribution

__all__ = ["ALL", "CLEARANCE", "COVARIATES", "FUNCTIONS", "LISTED", "NONE", "OXYTOCINASE", "VOLUME", "PopulationSpec"]

ALL, NONE, LISTED = "all", "none", "listed"
"""Which parameters differ: all in use whose evidence has a spread, none, or those of a list."""

COVARIATES = {
    "weight": ("kg", "body weight"),
    "gestational_week": ("week", "weeks of pregnancy"),
    "days_postpartum": ("day", "days since the birth at the start"),
    "renal_function": ("1", "function of the kidneys, 1 when healthy"),
    "hepatic_function": ("1", "function of liver and gut, 1 when healthy"),
}
"""What may be distributed beside sex and parameters: its unit, and what it is."""

FUNCTIONS = {"renal_function": "plasma.renal_function", "hepatic_function": "plasma.splanchnic_function"}
"""Covariates that are parameters of a model."""

CLEARANCE, VOLUME = "plasma.clearance", "plasma.central_volume"
OXYTOCINASE = "physiology.oxytocinase_rise"


@dataclass(frozen=True)
class PopulationSpec:
    """A cohort of ``n`` virtual subjects.

    ``spread`` is `ALL`, `NONE` or `LISTED`; ``listed`` the ids of the list; ``cvs`` the user's own coefficients of
    variation by id, which are drawn in any case. ``correlations`` holds pairs of ids in the order of the alphabet with
    the correlation of their logarithms, those of the evidence included. ``covariates`` are keys of `COVARIATES`.
    ``female_share`` is None unless there are both sexes; ``women`` tells who is one when that is not drawn but given
    for each subject. ``sets`` holds the parameter sets of each sex that may occur.
    """

    n: int
    spread: str = ALL
    listed: tuple[str, ...] = ()
    cvs: Mapping[str, float] = field(default_factory=dict)
    correlations: tuple[tuple[str, str, float], ...] = ()
    covariates: Mapping[str, Distribution] = field(default_factory=dict)
    female_share: float | None = None
    women: tuple[bool, ...] = ()
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def alike(self) -> bool:
        """Whether nothing at all differs between the subjects."""
        drawn = self.spread == ALL or self.listed or self.cvs or self.covariates or self.women
        return not drawn and self.female_share is None
