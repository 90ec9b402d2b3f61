"""Synthesis of oxytocin from the activity of its cells: what tops up the reserve, second by second.

Two rules. ``activity``: synthesis follows the firing rate, low-passed. ``mrna``: a calcium signal of the soma drives
transcription and translation, and a pool of mRNA lies between them. Both are scaled so that cells that fire at their
resting rate make what the gland secretes at rest. Rates hold for one whole second of the engine clock; spikes of a
second count as evenly spread over it. See the README for equations, symbols and sources.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats

__all__ = ["SECOND", "advance_second", "delay_steps", "mrna_at_rest", "pieces", "resting_state", "synthesis_rate"]

SECOND = 1000
"""ms for which the rate of synthesis is held."""

_STEP = 1.0  # s
_LN2 = math.log(2)


def pieces(t: int, dt: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end (ms) of the parts of [t, t + dt) between whole seconds, so that no split can matter."""
    begin, end = t, t + dt
    while begin < end:
        stop = min(end, (begin // SECOND + 1) * SECOND)
        yield begin, stop
        begin = stop


def delay_steps(parameters: Any) -> npt.NDArray[np.int64]:
    """Return the delay of synthesis in whole seconds, one number or one for each subject."""
    steps: npt.NDArray[np.int64] = np.rint(np.asarray(parameters.synthesis_delay)).astype(np.int64)
    return steps


def mrna_at_rest(parameters: Any, loss: str) -> tuple[Any, Any, Any, Any, Any]:
    """Return calcium above rest, transcription, translation, mRNA and its rate of translation at the resting rate.

    ``loss`` is ``used_up`` (translation uses mRNA up) or ``decay`` (mRNA decays with a half-life).
    """
    p = parameters
    calcium = p.somatic_calcium_step * p.resting_firing_rate * p.somatic_calcium_half_life / SECOND / _LN2
    transcription = p.transcription_gain * 1e-3 * calcium * p.transcription_half_life / _LN2
    translation = p.translation_gain * 1e-3 * calcium * p.translation_half_life / _LN2
    drive = translation + p.basal_translation
    decaying = p.mrna_scale * transcription * p.mrna_half_life / _LN2
    mrna = np.minimum(transcription / drive if loss == "used_up" else decaying, p.mrna_maximum)
    return calcium, transcription, translation, mrna, drive * mrna


def resting_state(parameters: Any, synthesis: str, loss: str, subjects: int) -> dict[str, npt.NDArray[Any]]:
    """Return the fields of the state that belong to synthesis, for cells that have fired at their resting rate.

    ``translated`` (subject, seconds of delay + 1) is a ring: the rate of translation that was reached at the end of
    second s stands in column s modulo its length. One column where nothing is delayed.
    """

    def full(value: Any) -> Floats:
        return np.full(subjects, value, dtype=np.float64)

    calcium, transcription, translation, mrna, rate = (full(value) for value in mrna_at_rest(parameters, loss))
    columns = int(delay_steps(parameters).max()) + 1 if synthesis == "mrna" else 1
    return {
        "second_spikes": np.zeros(subjects, dtype=np.int64),
        "mean_rate": full(parameters.resting_firing_rate),
        "somatic_calcium": calcium,
        "transcription": transcription,
        "translation": translation,
        "mrna": mrna,
        "translated": np.repeat(rate[:, None], columns, axis=1),
    }


def advance_second(parameters: Any, synthesis: str, loss: str, state: Any, end: int, cells: int) -> None:
    """Take the spikes of the second that ends at ``end`` ms into the state, in place; exact for evenly spread spikes.

    Each quantity follows its linear equation with what drives it held at its mean over the second.
    """
    p = parameters
    spikes = state.second_spikes / cells
    state.second_spikes[:] = 0
    if synthesis == "activity":
        state.mean_rate += (spikes - state.mean_rate) * -np.expm1(-_STEP / np.asarray(p.synthesis_time_constant))
        return
    entry = p.somatic_calcium_step * spikes
    fall = _LN2 * SECOND / np.asarray(p.somatic_calcium_half_life)
    before = state.somatic_calcium.copy()
    state.somatic_calcium[:] = before * np.exp(-fall) - entry * np.expm1(-fall) / fall
    mean = (before - state.somatic_calcium + entry) / fall
    drive, made = state.translation.copy(), state.transcription.copy()
    for level, gain, half_life in (
        (state.transcription, p.transcription_gain, p.transcription_half_life),
        (state.translation, p.translation_gain, p.translation_half_life),
    ):
        rate = _LN2 / np.asarray(half_life)
        level[:] = level * np.exp(-rate) - gain * 1e-3 * mean * np.expm1(-rate) / rate
    drive = 0.5 * (drive + state.translation) + p.basal_translation
    made = p.mrna_scale * 0.5 * (made + state.transcription)
    lost = p.mrna_scale * drive if loss == "used_up" else np.full_like(drive, _LN2 / p.mrna_half_life)
    level = state.mrna * np.exp(-lost) - made * np.expm1(-lost) / lost
    state.mrna[:] = np.minimum(level, p.mrna_maximum)
    columns = state.translated.shape[1]
    state.translated[:, end // SECOND % columns] = (state.translation + p.basal_translation) * state.mrna


def synthesis_rate(parameters: Any, synthesis: str, loss: str, state: Any, t: int) -> Floats:
    """Return the synthesis (pg/s, subject) that holds for the second that contains ``t`` ms."""
    p = parameters
    if synthesis == "activity":
        rise = p.synthesis_gain * (state.mean_rate - p.resting_firing_rate)
        rate: Floats = p.resting_gland_rate * np.maximum(1 + rise, 0)
        return rate
    subjects, columns = state.translated.shape
    place = (t // SECOND - delay_steps(p)) % columns
    rate = p.resting_gland_rate / mrna_at_rest(p, loss)[-1] * state.translated[np.arange(subjects), place]
    return rate
