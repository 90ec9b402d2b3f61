"""What the table ``spread`` of an entry means: by which factor a parameter differs between subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, log, sqrt
from typing import Any

from knuffel.errors import DataError

__all__ = ["Spread", "log_sd", "spread_of"]

_SIZES = ("cv", "sd_log")
_LISTS = ("shared", "divided_by", "not_with")
_KEYS = frozenset({"kind", "at_most", "states", *_SIZES, *_LISTS})


@dataclass(frozen=True)
class Spread:
    """How the factor on a parameter is distributed between subjects: lognormal, median 1.

    ``sd`` is the standard deviation of its logarithm; the parameter stays at or below ``at_most`` (in its own unit).
    Parameters in ``shared`` take the same factor; the parameter is divided by the factors of those in ``divided_by``
    (a level at rest is secretion over clearance: what is drawn is the secretion). It is not drawn beside any of
    ``not_with``, which stand for the same difference between people; nor, unless ``states`` is empty, in subjects of
    another state, in whom the parameter does nothing.
    """

    sd: float
    at_most: float = inf
    shared: tuple[str, ...] = ()
    divided_by: tuple[str, ...] = ()
    not_with: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


def log_sd(cv: float) -> float:
    """Return the standard deviation of the logarithm of a lognormal number with this coefficient of variation."""
    return sqrt(log(1 + cv * cv))


def spread_of(table: Mapping[str, Any], where: str) -> Spread | None:
    """Return what a ``spread`` table says, None when it is empty. Raises `DataError`, which names ``where``."""
    if not table:
        return None
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise DataError(f"{where}: spread has no {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    if table.get("kind") != "lognormal":
        raise DataError(f"{where}: the kind of a spread is lognormal, not {table.get('kind')!r}")
    given = [key for key in _SIZES if key in table]
    if len(given) != 1:
        raise DataError(f"{where}: a spread needs one of {', '.join(_SIZES)}")
    size, most = _positive(table, given[0], where), inf
    if "at_most" in table:
        most = _positive(table, "at_most", where)
    states = table.get("states", ())
    if not isinstance(states, tuple) or not all(isinstance(name, str) for name in states):
        raise DataError(f"{where}: states of a spread is a list of states, not {states!r}")
    lists = {key: _ids(table, key, where) for key in _LISTS}
    return Spread(sd=size if given[0] == "sd_log" else log_sd(size), at_most=most, states=states, **lists)


def _positive(table: Mapping[str, Any], key: str, where: str) -> float:
    number = table[key]
    if isinstance(number, bool) or not isinstance(number, int | float) or not (number > 0 and isfinite(number)):
        raise DataError(f"{where}: {key} of a spread is a number above zero, not {number!r}")
    return float(number)


def _ids(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = table.get(key, ())
    if not isinstance(names, tuple) or not all(isinstance(name, str) and name.count(".") == 1 for name in names):
        raise DataError(f"{where}: {key} of a spread is a list of parameter ids, not {names!r}")
    return names
