"""The parameters of a network: lines ``key, value``.

What the published engine does silently is refused or told here: unknown keys, values that are no numbers, keys twice.
Its last line is lost when the file does not end in a newline; here it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from pathlib import Path

from knuffel.errors import Notice, nearest
from knuffel.network_files.lines import lines_of, refuse

__all__ = ["DEFAULTS", "parameter_text", "read_parameters"]

DEFAULTS: dict[str, float] = {
    "I_su": 0.0005,
    "Nbun": 12,
    "Ncells": 48,
    "Ndend": 2,
    "T_OT_max": 25,
    "a_E": 0.0645,
    "a_I": 0.22,
    "ahp_max": 40,
    "ahp_tau": 2000,
    "cann_thre": 0.03,
    "ec_step": 0.0025,
    "f_max": 0.6,
    "half_ahp": 45,
    "hap_max": 40,
    "hap_tau": 12.5,
    "k_r": 0.045,
    "ot_to_dep": 0.5,
    "random_seed": 1,
    "re": 80,
    "rel_delay": 5,
    "res_max": 200,
    "ri": 80,
    "t_end": 300_000,
    "tau_cann": 6000,
    "tau_m": 10.8,
    "tau_ot": 1000,
    "tau_r": 400_000,
    "tau_rel": 50,
    "vrest": -62,
    "vthre0": -50,
}
"""Every key of the engine, in the order in which it writes them, and what it takes when the file leaves a key out."""

_OTHER_SPELLINGS = {"tau_g_ot": "tau_ot"}
"""Spellings that stand in the texts of the engine but not in its code."""

_WHOLE = ("Nbun", "Ncells", "Ndend", "random_seed", "t_end")
_SMALLEST = 1e-9
_LIMITS = {
    **dict.fromkeys(
        ("tau_m", "hap_tau", "ahp_tau", "tau_ot", "tau_cann", "tau_r", "tau_rel", "half_ahp", "cann_thre"),
        (_SMALLEST, inf),
    ),
    **dict.fromkeys(("rel_delay", "ec_step", "ot_to_dep", "T_OT_max", "hap_max", "ahp_max", "I_su"), (0, inf)),
    **dict.fromkeys(("f_max", "a_E", "a_I"), (0, 1)),
    "re": (_SMALLEST, 1000),
    "ri": (0, 1000),
    "k_r": (_SMALLEST, 1),
    "Ncells": (1, 1_000_000),
    "Nbun": (2, 1_000_000),
    "Ndend": (2, 2),
    "random_seed": (0, 2**32 - 1),
    "t_end": (1, 1e10),
    "res_max": (_SMALLEST, inf),
}


def read_parameters(file: Path) -> tuple[dict[str, float], list[Notice]]:
    """Return the value of every key of the engine, and what the reader should know.

    Raises `DataError` with file, line and key for an unknown key (and the nearest one), a value that is no finite
    number or out of range, and a key that is given twice.
    """
    found: dict[str, float] = {}
    place: dict[str, int] = {}
    lines = lines_of(file)
    for number, text in lines:
        key, comma, value = (part.strip() for part in text.partition(","))
        if not comma:
            refuse("this line holds no key and value", file, line=number, found=text[:60], allowed="key, value")
        name = _OTHER_SPELLINGS.get(key, key)
        if name not in DEFAULTS:
            allowed = (*DEFAULTS, *_OTHER_SPELLINGS)
            facts = {"allowed": ", ".join(DEFAULTS), "suggestion": nearest(key, allowed)}
            refuse("the engine has no such parameter", file, line=number, key=key[:40], **facts)
        if name in found:
            refuse(f"given twice, first in line {place[name]}", file, line=number, key=key)
        found[name], place[name] = _number(value, name, key, file, number), number
    if not found:
        refuse("the file is empty", file, allowed="lines of key, value")
    if found.get("vthre0", DEFAULTS["vthre0"]) <= found.get("vrest", DEFAULTS["vrest"]):
        key = "vthre0" if "vthre0" in place else "vrest"
        refuse("the threshold is not above rest", file, line=place.get(key), key=key, found=f"{found[key]:g}")
    return {**DEFAULTS, **found}, _notices(found, file)


def _number(text: str, name: str, key: str, file: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = None
    if value is None or "_" in text or not text.isascii():  # Python takes 1_0 for ten, the engine for one
        refuse("not a number", file, line=line, key=key, found=repr(text[:40]))
    low, high = _LIMITS.get(name, (-inf, inf))
    whole = name not in _WHOLE or value == round(value) if isfinite(value) else False
    if not isfinite(value) or not low <= value <= high or not whole:
        words = "a finite number" if (low, high) == (-inf, inf) else _range_text(low, high)
        refuse(
            "out of range",
            file,
            line=line,
            key=key,
            found=text[:40],
            allowed=words + (", whole" if name in _WHOLE else ""),
        )
    return value


def _range_text(low: float, high: float) -> str:
    if high == inf:
        return "above 0" if low == _SMALLEST else f"at least {low:g}"
    return f"above 0, at most {high:g}" if low == _SMALLEST else f"{low:g} to {high:g}"


def _notices(found: Mapping[str, float], file: Path) -> list[Notice]:
    notices = []
    if missing := [key for key in DEFAULTS if key not in found]:
        text = f"not in the file, so the engine's own value holds: {', '.join(missing)}"
        notices.append(Notice("network_file_defaults", text, str(file)))
    if found.get("random_seed") == 0:
        text = "random_seed is 0: the engine takes the clock, here the seed is 1"
        notices.append(Notice("network_file_seed", text, str(file)))
    if found.get("res_max", DEFAULTS["res_max"]) != DEFAULTS["res_max"]:
        text = "res_max: the engine reads it and never uses it; here it acts with the setting store_ceiling"
        notices.append(Notice("network_file_unused", text, str(file)))
    return notices


def parameter_text(values: Mapping[str, float]) -> str:
    """Return parameters as the engine reads them, in its own order; floats as short as they stay exact."""
    return "".join(f"{key}, {_shown(values[key])}\n" for key in DEFAULTS)


def _shown(value: float) -> str:
    return str(int(value)) if value == round(value) and abs(value) < 1e15 else repr(float(value))
