"""Standard normal numbers of virtual subjects: one for each subject and purpose, correlated where asked.

A number depends on the seed, the purpose (the id of a parameter, or the name of a covariate) and the place of the
subject in the cohort, and on nothing else: not on how many subjects there are, nor on what else is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from knuffel.engine.random import Streams
from knuffel.errors import ParameterError

__all__ = ["ROOM", "Correlation", "correlated_normals", "groups"]

ROOM = "population"
"""The name under which these streams stand among those of the rooms."""

Correlation = tuple[str, str, float]
"""Two ids in alphabetical order, and the correlation of their logarithms."""

Floats = npt.NDArray[np.float64]


def groups(correlations: Iterable[Correlation]) -> list[tuple[str, ...]]:
    """Return the ids that hang together by correlations: sorted groups in sorted order."""
    found: list[set[str]] = []
    for first, second, _ in correlations:
        touching = [group for group in found if {first, second} & group]
        found = [group for group in found if group not in touching]
        found.append({first, second}.union(*touching))
    return sorted(tuple(sorted(group)) for group in found)


def cholesky(names: Sequence[str], correlations: Iterable[Correlation]) -> Floats:
    """Return the lower triangle whose product with independent normals is correlated; rows follow ``names``.

    Raises `ParameterError` when no numbers can be correlated like this.
    """
    matrix = np.eye(len(names))
    for first, second, r in correlations:
        if first in names and second in names:
            row, column = names.index(first), names.index(second)
            matrix[row, column] = matrix[column, row] = r
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise ParameterError(f"the correlations of {', '.join(names)} contradict each other") from None


def correlated_normals(
    names: Iterable[str], correlations: Sequence[Correlation], streams: Streams, index: npt.NDArray[np.int64]
) -> Mapping[str, Floats]:
    """Return standard normal numbers by id, arrays of shape (subject,), for the subjects at the places ``index``.

    Numbers are mixed in the order of the alphabet, in whole groups: that a member of a group is not asked for changes
    nothing for the others. Raises `ParameterError` as `cholesky` does.
    """
    own = streams.of(ROOM)

    def independent(name: str) -> Floats:
        return own(name).normal(0, subject=index)

    wanted = set(names)
    found: dict[str, Floats] = {}
    for group in groups(correlations):
        if not wanted.intersection(group):
            continue
        lower = cholesky(group, correlations)
        drawn = [independent(name) for name in group]
        for row, name in enumerate(group):
            # A plain sum, not a matrix product: its bits do not depend on how many subjects there are.
            mixed = lower[row, 0] * drawn[0]
            for column in range(1, row + 1):
                mixed = mixed + lower[row, column] * drawn[column]
            found[name] = mixed
    found.update({name: independent(name) for name in sorted(wanted - set(found))})
    return {name: found[name] for name in sorted(wanted)}
