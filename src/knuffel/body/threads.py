"""Several threads for one kernel: independent pieces of a loop, each with its own results, so that bits never change.

Kernels release the interpreter's lock. `KNUFFEL_THREADS` limits the threads (1: none); otherwise there are as many as
processors that this process may use.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from knuffel.errors import ParameterError

__all__ = ["in_pieces", "thread_count"]

_T = TypeVar("_T")
_WORTH_A_THREAD = 200_000  # steps of one cell, a few hundred microseconds: below, handing over costs more than it saves


def thread_count() -> int:
    """Return how many threads a kernel may use. Raises `ParameterError` for a variable that is no whole number."""
    given = os.environ.get("KNUFFEL_THREADS", "")
    if not given:
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if not given.isdecimal() or int(given) < 1:
        raise ParameterError(f"KNUFFEL_THREADS is {given!r}; it has to be a whole number of at least 1")
    return int(given)


def in_pieces(work: Callable[[int, int], _T], count: int, cost: float) -> list[_T]:
    """Return what ``work(begin, end)`` gives for pieces that cover 0 … ``count``, in order.

    ``cost`` is the number of steps of one cell in all; little work is done in one piece, without threads.
    """
    pieces = max(1, min(thread_count(), count, int(cost / _WORTH_A_THREAD)))
    bounds = [count * place // pieces for place in range(pieces + 1)]
    if pieces == 1:
        return [work(0, count)]
    others = [_pool().submit(work, begin, end) for begin, end in pairwise(bounds[1:])]
    return [work(0, bounds[1]), *(other.result() for other in others)]


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="knuffel-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # the threads of a pool do not survive a fork
