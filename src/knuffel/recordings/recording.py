"""`Recording`: the spike times of one or several cells, and how they came out of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from knuffel.errors import DataError, Notice, Problem, nearest

__all__ = ["Recording"]

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recording:
    """Spikes of recorded cells.

    ``times`` holds one float64 array for each cell: ms from the start of the recording, ascending, at least 1 ms apart;
    ``cells`` their names. ``duration`` is the length of the recording in ms: as the file says, else up to the last
    spike. ``unit`` is what the numbers were taken for, ``notices`` say what was assumed or changed.
    """

    times: tuple[Times, ...]
    cells: tuple[str, ...]
    duration: float
    file: str
    unit: str = "ms"
    notices: tuple[Notice, ...] = ()

    @property
    def spikes(self) -> int:
        """Return the number of spikes of all cells."""
        return sum(len(column) for column in self.times)

    def flat(self) -> tuple[Times, npt.NDArray[np.int64]]:
        """Return all times, ascending, and the place of the cell of each spike."""
        if not self.times:
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        owner = np.repeat(np.arange(len(self.times)), [len(column) for column in self.times])
        time = np.concatenate(self.times)
        order = np.argsort(time, kind="stable")
        return time[order], owner[order]

    def select(self, cell: str) -> Recording:
        """Return the recording of one cell. Raises `DataError`, with the nearest name, when there is no such cell."""
        if cell not in self.cells:
            shown = ", ".join(self.cells[:16]) + (f" and {len(self.cells) - 16} more" if len(self.cells) > 16 else "")
            near = nearest(cell, self.cells)
            message = "the recording has no such cell"
            raise DataError(str(Problem(message, self.file, found=repr(cell), allowed=shown, suggestion=near)))
        place = self.cells.index(cell)
        return replace(self, times=(self.times[place],), cells=(cell,))

    def cut(self, start: float = 0.0, duration: float | None = None) -> Recording:
        """Return the part from ``start`` ms on, ``duration`` ms long (to the end when None), with its start as zero.

        Spikes outside are left out, with a notice. Raises `DataError` unless ``start`` lies inside the recording and
        ``duration`` is above 0.
        """
        length = self.duration - start if duration is None else duration
        if not 0 <= start <= self.duration or not 0 < length < np.inf:
            raise DataError(
                str(
                    Problem(
                        "there is no such part of the recording",
                        self.file,
                        found=f"start {start / 1000:g} s, duration {length / 1000:g} s",
                        allowed=f"a start within 0 to {self.duration / 1000:g} s, a duration above 0 s",
                    )
                )
            )
        end = np.nextafter(self.duration, np.inf) if duration is None else start + duration
        kept = tuple(column[(column >= start) & (column < end)] - start for column in self.times)
        left_out = self.spikes - sum(len(column) for column in kept)
        notices = self.notices
        if left_out:
            window = f"{start / 1000:g} to {(start + length) / 1000:g} s"
            notices += (Notice("spikes_outside", f"{left_out} spikes outside {window} were left out", self.file),)
        return replace(self, times=kept, duration=length, notices=notices)
