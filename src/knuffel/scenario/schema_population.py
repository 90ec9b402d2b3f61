"""What a scenario file may hold about virtual subjects that differ from each other."""

from __future__ import annotations

from pydantic import Field

from knuffel.scenario.quantities import Loose, Number, Whole
from knuffel.scenario.schema import Section

__all__ = ["Correlated", "Covariates", "Distributed", "Population", "Sexes"]


class Distributed(Section):
    """How a number is distributed.

    ``median`` and ``cv``: lognormal; ``mean`` and ``sd``: normal; ``from`` and ``to`` alone: uniform, else where it is
    cut off; ``values``: one for each subject.
    """

    median: Loose | None = Field(None, description="lognormal: the median")
    cv: Number | None = Field(None, description="lognormal: the coefficient of variation", examples=["15 %"])
    mean: Loose | None = Field(None, description="normal: the mean")
    sd: Loose | None = Field(None, description="normal: the standard deviation")
    from_: Loose | None = Field(None, alias="from", description="the lowest value")
    to: Loose | None = Field(None, description="the highest value")
    values: list[Loose | None] | None = Field(None, description="one value for each subject, in place of all others")


class Sexes(Section):
    """The shares of the sexes."""

    REQUIRED = ("female",)

    female: Number | None = Field(None, description="share of women, 0 to 1", examples=["50 %"])


class Covariates(Section):
    """What differs between subjects beside the parameters."""

    sex: Sexes | None = Field(None, description="both sexes in one cohort; replaces subject.sex")
    weight: Distributed | None = Field(None, description="body weight")
    gestational_week: Distributed | None = Field(None, description="weeks of pregnancy")
    days_postpartum: Distributed | None = Field(None, description="days since the birth at the start")
    renal_function: Distributed | None = Field(None, description="function of the kidneys, 1 when healthy")
    hepatic_function: Distributed | None = Field(None, description="function of liver and gut, 1 when healthy")


class Correlated(Section):
    """Two parameters whose logarithms are correlated between subjects."""

    REQUIRED = ("of", "with", "r")

    of: str | None = Field(None, description="a parameter", examples=["plasma.clearance"])
    with_: str | None = Field(None, alias="with", description="another one", examples=["plasma.central_volume"])
    r: Number | None = Field(None, description="their correlation, -1 to 1", examples=[0.4])


class Population(Section):
    """Virtual subjects. Each is drawn from the seed and its place in the cohort alone."""

    n: Whole | None = Field(
        None, description="how many subjects; only a dosing table of several can say it in its place", examples=[1000]
    )
    spread: list[str | None] | None = Field(
        None,
        description="which parameters differ: all (unless given) whose evidence has a spread, none, or a list of ids",
        examples=["all", ["plasma.clearance"]],
    )
    spreads: dict[str, Number | None] | None = Field(
        None,
        description="parameter -> coefficient of variation of your own; it is drawn in any case",
        examples=[{"plasma.clearance": "33 %"}],
    )
    correlations: list[Correlated | None] | None = Field(
        None, description="pairs of parameters; for these pairs they replace the correlations of the evidence"
    )
    covariates: Covariates | None = Field(None, description="weight, week, sex and others")
