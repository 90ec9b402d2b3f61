"""The clock: which time comes next. Integer milliseconds; time zero is the start of the scenario."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

__all__ = ["Clock"]


class Clock:
    """Steps from boundary to boundary: multiples of the coupling intervals, and edges, which split every interval.

    ``edges`` are irregular times (doses, stimuli, samples); ``every`` is the regular recording interval. Boundaries
    are multiples from time zero, so that they do not depend on where a run starts or resumes.
    """

    def __init__(self, begin: int, end: int, intervals: Sequence[int | None], edges: Iterable[int], every: int) -> None:
        self.begin, self.end, self.every = begin, end, every
        self._intervals = sorted({interval for interval in intervals if interval is not None})
        self._edges = sorted({edge for edge in edges if begin < edge < end})

    def next(self, t: int) -> tuple[int, bool]:
        """Return the next time after ``t`` and whether it is an edge, at which every part is advanced."""
        edge = min(self.next_record(t), self.end)
        place = bisect_right(self._edges, t)
        if place < len(self._edges):
            edge = min(edge, self._edges[place])
        boundary = edge
        for interval in self._intervals:
            boundary = min(boundary, (t // interval + 1) * interval)
        return boundary, boundary == edge

    def next_record(self, t: int) -> int:
        """Return the first recording time after ``t``: time zero, then every interval."""
        if t < -self.every:
            return -self.every
        return (t // self.every + 1) * self.every
