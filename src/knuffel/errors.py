"""Every error knuffel raises on purpose, with the facts a person needs to mend it.

The tree is flat: one base class, one class for each stage at which something can go wrong. Each class carries the
exit code that the command line returns, so that scripts can tell bad input (2) from a numerical failure (3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "CompatibilityError",
    "ComponentError",
    "DataError",
    "Interrupted",
    "KnuffelError",
    "MissingExtra",
    "Notice",
    "NumericalError",
    "ParameterError",
    "Problem",
    "ScenarioError",
    "StoreError",
    "UnitError",
    "WiringError",
    "nearest",
]


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name closest to ``word``, or None when nothing is close."""
    names = sorted({str(name) for name in allowed})
    folded = {name.casefold(): name for name in names}
    hits = get_close_matches(str(word).casefold(), list(folded), n=1, cutoff=0.55)
    return folded[hits[0]] if hits else None


class KnuffelError(Exception):
    """Base of all errors raised on purpose. ``code`` is stable and documented; ``exit_code`` is for the shell."""

    code = "knuffel"
    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One mistake in a user's file: where it is, what was found, what is allowed, and the nearest valid name."""

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    key: str = ""
    found: str | None = None
    allowed: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        """Render as ``file:line:column: key: message (found …; allowed …; did you mean …?)``."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))
        head = ": ".join(part for part in (place, self.key, self.message) if part)
        facts = []
        if self.found is not None:
            facts.append(f"found {self.found}")
        if self.allowed is not None:
            facts.append(f"allowed: {self.allowed}")
        if self.suggestion is not None:
            facts.append(f"did you mean {self.suggestion!r}?")
        return head + (f" ({'; '.join(facts)})" if facts else "")


class ScenarioError(KnuffelError):
    """One or several mistakes in a scenario, reported together. ``problems`` holds them as data."""

    code = "scenario"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the scenario:" if count > 1 else ""
        super().__init__("\n".join(filter(None, [head, *map(str, self.problems)])))


class UnitError(KnuffelError):
    """A quantity has no unit, an unknown unit, or one of another dimension."""

    code = "unit"

    def __init__(self, message: str, *, found: str | None = None, allowed: str | None = None) -> None:
        self.message, self.found, self.allowed = message, found, allowed
        super().__init__(str(Problem(message, found=found, allowed=allowed)))


class WiringError(KnuffelError):
    """Components do not fit together: unequal units, a missing producer, two producers, or a cycle."""

    code = "wiring"


class ParameterError(KnuffelError):
    """A parameter is unknown, not finite, or outside its hard bounds."""

    code = "parameter"


class DataError(KnuffelError):
    """A data file is malformed. The message names file, row and column; ``problems`` holds what it says as data."""

    code = "data"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)


class ComponentError(KnuffelError):
    """A component broke its contract (wrong shapes, a missing output, an unknown port)."""

    code = "component"
    exit_code = 3


class NumericalError(KnuffelError):
    """A state became non-finite or an invariant was violated. Names component, variable and time."""

    code = "numerical"
    exit_code = 3


class CompatibilityError(KnuffelError):
    """A checkpoint or result belongs to another scenario, seed or version."""

    code = "compatibility"


class StoreError(KnuffelError):
    """A result or checkpoint cannot be written or read (unwritable place, full disk, damaged file)."""

    code = "store"


class MissingExtra(KnuffelError):
    """An optional library is not installed. The message holds the exact install line."""

    code = "missing_extra"

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional part: pip install 'knuffel[{extra}]'")


@dataclass(frozen=True)
class Notice:
    """A warning that travels with the result: implausible value, extrapolated range, contested effect, known misfit."""

    code: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        """Render as ``where: message``."""
        return f"{self.where}: {self.message}" if self.where else self.message


class Interrupted(KnuffelError):
    """The run was stopped by a signal; what was reported as saved is saved."""

    code = "interrupted"
    exit_code = 130
