"""From what a scenario says about its cohort to one number for each subject: covariates and parameters.

Every subject is drawn from the seed and the place in the cohort alone (`knuffel.population.draws`). Where the evidence
for a rule comes from is written in the ``spread`` tables of the parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from knuffel.evidence.resolve import Drawn, Resolved
from knuffel.evidence.spread import Spread, log_sd, spread_of
from knuffel.population.distributions import lognormal_factor
from knuffel.population.draws import ROOM, correlated_normals
from knuffel.population.spec import ALL, FUNCTIONS, PopulationSpec

__all__ = ["Cohort", "draw_cohort", "spreads_in_use"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cohort:
    """Who the subjects are. Arrays of shape (subject,).

    ``female`` tells the sexes apart; ``covariates`` by name; ``parameters`` by id, in the unit of the evidence;
    ``spreads`` is how the parameters that were drawn themselves are distributed, by id (those that only follow from
    others are not in it); ``typical`` holds the numbers of each sex.
    """

    female: npt.NDArray[np.bool_]
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    parameters: Mapping[str, Drawn] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    typical: Mapping[str, Mapping[str, Resolved]] = field(default_factory=dict)


def spreads_in_use(
    spec: PopulationSpec, typical: Mapping[str, Resolved], used: Collection[str], species: str, state: str
) -> dict[str, Spread]:
    """Return the spread of every parameter that will be drawn, by id in the order of the alphabet.

    ``typical`` holds the numbers of one sex, ``used`` the ids that a model reads. What is known to differ between
    people says nothing about rats. Raises `ParameterError` when the
    scenario asks for a spread that nothing can have: a row of numbers, or a number that is not above zero.
    """
    entries = {name: typical[name].parameter for name in used if name in typical}
    known = {
        name: spread_of(entry.spread, name)
        for name, entry in entries.items()
        if species == "human" or entry.species != "human"
    }
    written = {
        name: spread
        for name, spread in known.items()
        if spread is not None and (not spread.states or state in spread.states)
    }
    chosen = set(spec.cvs) | set(spec.listed)
    if spec.spread == ALL:
        chosen |= {name for name, spread in written.items() if not set(spread.not_with) & set(written)}
    found = {}
    for name in sorted(chosen):
        value = typical[name].value
        if isinstance(value, tuple) or not value > 0:
            if name in spec.cvs or name in spec.listed:
                raise ParameterError(f"{name} cannot differ between subjects: it is not one number above zero")
            continue
        own = written.get(name)
        if name in spec.cvs:
            own = replace(own or Spread(0.0), sd=log_sd(spec.cvs[name]))
        if own is None:
            raise ParameterError(f"{name} has no spread in the evidence: give one in population.spreads")
        found[name] = own
    return found


def draw_cohort(
    spec: PopulationSpec,
    typical: Mapping[str, Mapping[str, Resolved]],
    used: Collection[str],
    *,
    species: str,
    state: str,
    sex: str,
    seed: int,
    index: Ints | None = None,
) -> Cohort:
    """Return the subjects at the places ``index`` (by default all ``spec.n``).

    ``typical`` holds the numbers in use by sex; ``species``, ``state`` and ``sex`` are those of the scenario. Raises
    `ParameterError` as `spreads_in_use` does, and when the sexes differ in a row of numbers.
    """
    streams = Streams(seed)
    places = np.arange(spec.n, dtype=np.int64) if index is None else index
    own = streams.of(ROOM)
    female = np.full(len(places), sex == "female")
    if spec.women:
        female = np.asarray(spec.women, dtype=np.bool_)[places]
    elif spec.female_share is not None:
        female = own("covariate sex").uniform(0, subject=places) < spec.female_share
    covariates = {
        name: how.draw(own(f"covariate {name}").normal(0, subject=places), places)
        for name, how in spec.covariates.items()
    }
    first = next(iter(typical))
    spreads = spreads_in_use(spec, typical[first], used, species, state)
    normals = correlated_normals(spreads, spec.correlations, streams, places)
    masks = {key: female if key == "female" else ~female for key in typical} if len(typical) > 1 else {}
    parameters = _merged(typical, masks, len(places))
    for key, numbers in typical.items():
        rows = masks.get(key, np.ones(len(places), dtype=bool))
        _apply(parameters, numbers, spreads_in_use(spec, numbers, used, species, state), normals, rows)
    for name, identifier in FUNCTIONS.items():
        if name in covariates and identifier in typical[first]:
            parameters[identifier] = Drawn(covariates[name], _typical(typical[first][identifier].parameter.value))
    return Cohort(female, covariates, dict(sorted(parameters.items())), spreads, typical)


def _typical(value: object) -> float:
    assert isinstance(value, float)
    return value


def _merged(
    typical: Mapping[str, Mapping[str, Resolved]], masks: Mapping[str, npt.NDArray[np.bool_]], count: int
) -> dict[str, Drawn]:
    """Return the parameters in which the sexes differ, before anything is drawn."""
    if not masks:
        return {}
    women, men = typical.values()
    found = {}
    for name, hers in women.items():
        his = men[name]
        if (hers.value, hers.parameter.value) == (his.value, his.parameter.value):
            continue
        if isinstance(hers.value, tuple):
            raise ParameterError(f"{name} is a row of numbers that differs between the sexes: make two cohorts")
        values, usual = np.empty(count), np.empty(count)
        for rows, item in zip(masks.values(), (hers, his), strict=True):
            values[rows], usual[rows] = item.value, item.parameter.value
        found[name] = Drawn(values, usual)
    return found


def _apply(
    parameters: dict[str, Drawn],
    typical: Mapping[str, Resolved],
    spreads: Mapping[str, Spread],
    normals: Mapping[str, Floats],
    rows: npt.NDArray[np.bool_],
) -> None:
    """Multiply the parameters of the subjects in ``rows`` by their factors."""
    factors: dict[str, Floats] = {}
    for name, spread in spreads.items():
        item = typical[name]
        value, (low, high) = _typical(item.value), item.parameter.bounds
        factors[name] = lognormal_factor(normals[name][rows], spread.sd, value, low, min(spread.at_most, high))
        _scale(parameters, typical, name, factors[name], rows)
    for name, spread in spreads.items():
        for other in spread.shared:
            # What is nothing in these subjects (a placenta, say) stays nothing.
            if other in typical and other not in spreads and typical[other].value != 0:
                _scale(parameters, typical, other, factors[name], rows)
    for name, divisor in _divided(typical):
        if divisor in factors:
            _scale(parameters, typical, name, 1 / factors[divisor], rows)


def _divided(typical: Mapping[str, Resolved]) -> Iterable[tuple[str, str]]:
    """Yield each parameter that is divided by the factor of another one, drawn itself or not."""
    for name in sorted(typical):
        spread = spread_of(typical[name].parameter.spread, name)
        for divisor in () if spread is None else spread.divided_by:
            yield name, divisor


def _scale(
    parameters: dict[str, Drawn],
    typical: Mapping[str, Resolved],
    name: str,
    factor: Floats,
    rows: npt.NDArray[np.bool_],
) -> None:
    item = typical[name]
    if isinstance(item.value, tuple):
        raise ParameterError(f"{name} is a row of numbers: it cannot follow another parameter")
    if name not in parameters:
        parameters[name] = Drawn(np.full(len(rows), item.value), _typical(item.parameter.value))
    values = parameters[name].value
    values[rows] = np.clip(values[rows] * factor, *item.parameter.bounds)
