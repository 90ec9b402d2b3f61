"""Virtual subjects: who they are, and by how much their numbers differ from the typical ones."""

from knuffel.population.cohort import Cohort, draw_cohort
from knuffel.population.distributions import Distribution
from knuffel.population.spec import PopulationSpec

__all__ = ["Cohort", "Distribution", "PopulationSpec", "draw_cohort"]
