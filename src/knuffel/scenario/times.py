"""Times as typed become milliseconds since the start: durations, clock times, and the limits of a run."""

from __future__ import annotations

from knuffel.scenario.quantities import TimeText
from knuffel.scenario.tree import Path, Problems

__all__ = ["DEFAULT_START", "Times", "clock_text", "time_text"]

DEFAULT_START = 9 * 3600
"""09:00, in seconds of the day."""

LONGEST = 10_000_000_000
"""Ten million seconds, in ms."""


class Times:
    """Turns typed times into ms. ``start`` is None when the start itself is wrong, ``duration`` when that is."""

    def __init__(self, problems: Problems, start: int | None, duration: TimeText | None) -> None:
        self._problems = problems
        self.start = start
        self.duration: int | None = None
        self.duration = self._duration(duration)

    def moment(self, value: TimeText | None, path: Path, *, inside: bool = False) -> int | None:
        """Return ms since the start; with ``inside``, it has to lie before the end."""
        if value is None:
            return None
        if value.clock is not None:
            if self.start is None:
                return None
            time = (value.clock - self.start) * 1000
            if time < 0:
                self._problems.add(
                    path,
                    f"this lies before the start of the scenario, {clock_text(self.start)}",
                    allowed="a clock time after it, on the same day, or a time such as '10 min'",
                )
                return None
        else:
            time = value.ms if value.ms is not None else 0
            if time < 0:
                self._problems.add(path, "this lies before the start of the scenario", allowed="0 s or later")
                return None
        if inside and self.duration is not None and time >= self.duration:
            self._problems.add(
                path, "this lies after the end of the scenario", allowed=f"before {time_text(self.duration)}"
            )
            return None
        return time

    def span(self, value: TimeText | None, path: Path, *, zero: bool = False) -> int | None:
        """Return a length of time in ms; above zero, or at least zero."""
        if value is None:
            return None
        if value.ms is None:
            self._problems.add(path, "a length of time is expected, not a clock time", allowed="for instance '10 min'")
            return None
        if value.ms < 0 or (value.ms == 0 and not zero):
            self._problems.add(path, "a length of time has to be above zero" if not zero else "this is below zero")
            return None
        return value.ms

    def _duration(self, value: TimeText | None) -> int | None:
        duration = self.span(value, ("duration",))
        if duration is not None and duration > LONGEST:
            self._problems.add(("duration",), "the run is too long", allowed="at most 10 000 000 s")
            return None
        return duration


def clock_text(seconds: int) -> str:
    """Return seconds of the day as ``09:30``, past midnight with the days that have gone by."""
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}" + (f":{rest % 60:02d}" if rest % 60 else "")
    return text + (f" (+{days} d)" if days else "")


def time_text(milliseconds: int) -> str:
    """Return a time in the unit in which it reads well: ``90 s``, ``20 min``, ``4 h``, ``30 d``."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if milliseconds % size == 0 and milliseconds >= size and (unit not in ("d", "h") or milliseconds >= 2 * size):
            return f"{milliseconds // size} {unit}"
    if milliseconds >= 600_000:
        return f"{milliseconds / 60_000:.4g} min"
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 or milliseconds == 0 else f"{milliseconds} ms"
