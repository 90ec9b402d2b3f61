"""The compiled count of pairs of spikes by their distance in time; `count_pairs.py_func` is its plain twin."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

__all__ = ["BLOCK", "count_pairs"]

BLOCK = 1024
"""Spikes in a row that are compared with what follows them, when not all are."""


@njit(cache=True, nogil=True, error_model="numpy")
def count_pairs(time, cell, bin_width, stride, pairs):
    """Add to ``pairs`` (lag bin) the pairs of spikes of one cell; return how many spikes were compared with later ones.

    ``time`` (ms) ascends within a cell, ``cell`` ascends. Of the blocks of spikes every ``stride``-th is compared.
    """
    spikes, bins, compared = len(time), len(pairs), 0
    for begin in range(0, spikes, BLOCK * stride):
        for first in range(begin, min(begin + BLOCK, spikes)):
            compared += 1
            for later in range(first + 1, spikes):
                if cell[later] != cell[first]:
                    break
                lag = int((time[later] - time[first]) / bin_width)
                if lag >= bins:
                    break
                pairs[lag] += 1
    return compared
