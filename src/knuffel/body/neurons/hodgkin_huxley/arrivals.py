"""Poisson arrivals of one neuron in one millisecond, placed on the steps of the integration.

Plain Python on scalars: it runs as it stands, and is compiled into the loop where numba is present. The draws do not
know the step: another step gives the same arrivals on another grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.neurons.draws import philox, poisson, register_jitable, uniform

__all__ = ["place_arrivals"]

_ONE = np.float32(1)


@register_jitable
def place_arrivals(
    net: Any,
    lane: int,
    stride: int,
    steps: int,
    excitation: float,
    inhibition: float,
    millisecond: int,
    neuron: int,
    subject: int,
    k0: Any,
    k1: Any,
) -> None:
    """Add the arrivals of one millisecond to ``net[step * stride + lane]``: +1 excitatory, -1 inhibitory.

    ``excitation`` and ``inhibition`` are expected arrivals per ms. Words 0 and 1 of the block (ms, 0, neuron, subject)
    give the two counts; the words that follow, in this block and the next, the place of each arrival, uniform in time.
    """
    if excitation + inhibition <= 0:
        return
    a, b, c, d = philox(millisecond, 0, neuron, subject, k0, k1)
    excited = poisson(a, excitation)
    total = excited + poisson(b, inhibition)
    block, word = 0, 2
    for arrival in range(total):
        if word > 3:
            block, word = block + 1, 0
            a, b, c, d = philox(millisecond, block, neuron, subject, k0, k1)
        drawn = a if word == 0 else b if word == 1 else c if word == 2 else d
        word += 1
        place = int(uniform(drawn) * steps) * stride + lane
        net[place] += _ONE if arrival < excited else -_ONE
