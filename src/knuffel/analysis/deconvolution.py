"""From plasma back to secretion, and from secretion back to firing.

The two-compartment kinetics are linear, so concentrations at equal intervals determine the mean secretion of every
interval exactly, once the content of the tissues at the first sample is known. The inverse adds no information:
errors of the samples are divided by the interval, and come out larger the closer the samples stand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knuffel.body.linear import Flow, LinearSystem
from knuffel.errors import DataError

__all__ = ["firing_from_secretion", "secretion_from_plasma"]

Array = npt.NDArray[np.float64]


def secretion_from_plasma(
    concentration: npt.ArrayLike,
    interval: float,
    *,
    clearance: float,
    central_volume: float,
    distribution_clearance: float,
    peripheral_volume: float,
    peripheral_start: npt.ArrayLike | None = None,
) -> Array:
    """Return the mean secretion (pg/s) between neighbouring samples, shape (..., samples - 1).

    ``concentration`` (pg/mL), shape (..., samples), every ``interval`` seconds; clearances in mL/s, volumes in mL;
    ``peripheral_start`` is the concentration in the tissues at the first sample (pg/mL), by default that of plasma, as
    at rest. A wrong start is forgotten with the time constant peripheral volume / distribution clearance. What was
    secreted ``delay`` seconds before it reached the blood has to be moved back by the caller. Raises `DataError` for
    samples that are not finite, for fewer than two, and for an interval that is not above 0.
    """
    level = np.asarray(concentration, dtype=np.float64)
    if not interval > 0:
        raise DataError(f"the interval between samples is {interval} s; it has to be above 0")
    if level.ndim == 0 or level.shape[-1] < 2:
        raise DataError("secretion can only be inferred from two or more samples")
    if not np.isfinite(level).all():
        raise DataError("a sample is not a finite number; fill gaps before inferring secretion")
    flows = [
        Flow("central", "", clearance / central_volume),
        Flow("central", "peripheral", distribution_clearance / central_volume),
        Flow("peripheral", "central", distribution_clearance / peripheral_volume),
    ]
    system = LinearSystem(("central", "peripheral"), (), ("central",), flows)
    (own, back, supplied), (out, kept, through) = system.over(interval)[0]
    central = level * central_volume
    start = level[..., 0] if peripheral_start is None else np.asarray(peripheral_start, dtype=np.float64)
    peripheral = np.broadcast_to(start * peripheral_volume, level.shape[:-1]).astype(np.float64)
    secretion = np.empty((*level.shape[:-1], level.shape[-1] - 1))
    for place in range(secretion.shape[-1]):
        now, later = central[..., place], central[..., place + 1]
        secretion[..., place] = (later - own * now - back * peripheral) / supplied
        peripheral = out * now + kept * peripheral + through * secretion[..., place]
    return secretion / interval


def firing_from_secretion(secretion: npt.ArrayLike, curve_rate: npt.ArrayLike, curve_secretion: npt.ArrayLike) -> Array:
    """Return the firing rate (1/s) at which cells secrete what is given (pg/s), by the inverse of a measured curve.

    ``curve_rate`` (1/s) and ``curve_secretion`` (pg/s) are the steady secretion of the gland at some mean rates, both
    rising; between them the curve is straight, beyond them the end values hold. The gland lags behind a change of
    firing by some seconds, which this leaves out. Raises `DataError` for a curve that does not rise.
    """
    rate, released = (np.asarray(values, dtype=np.float64) for values in (curve_rate, curve_secretion))
    if rate.ndim != 1 or rate.shape != released.shape or len(rate) < 2:
        raise DataError("a secretion curve needs two or more rates, and as many rates of secretion")
    if not ((np.diff(rate) > 0).all() and (np.diff(released) > 0).all()):
        raise DataError("a secretion curve can only be inverted when both its columns rise")
    found: Array = np.interp(np.asarray(secretion, dtype=np.float64), released, rate)
    return found
