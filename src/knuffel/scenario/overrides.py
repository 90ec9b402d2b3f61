"""``path=value`` overrides: change the tree before it is checked, so that they meet the same checks as the file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knuffel.body.plan import ROOMS
from knuffel.errors import Problem, ScenarioError
from knuffel.scenario.source import parse
from knuffel.scenario.tree import Entry, Node, Path

__all__ = ["apply_overrides", "split_path"]

_PART = re.compile(r"""\.?(?:"([^"]*)"|([^.\[\]"=\s][^.\[\]"=]*)|\[\s*(\d{1,6})\s*\])""")
_FREE_NAMES = {"parameters": None, "settings": None, "outputs": 2}
"""Below these keys names hold dots: the rest of the path, or two parts (room.quantity), make one name."""
_OTHER_NAMES = {"events": "stimuli", "stimuli": "events"}
_MAX_DEPTH = 12


def apply_overrides(root: Node, overrides: Sequence[str]) -> list[Problem]:
    """Apply each ``path=value`` to the tree; return what is wrong with the overrides themselves."""
    problems: list[Problem] = []
    for text in overrides:
        try:
            _apply(root, text)
        except ScenarioError as error:
            problems.extend(error.problems)
    return problems


def split_path(text: str) -> Path:
    """Return ("doses", 0, "rate") for ``doses[0].rate``. Raises ValueError."""
    parts: list[str | int] = []
    place = 0
    while place < len(text):
        match = _PART.match(text, place)
        if match is None or (place == 0 and text.startswith((".", "["))):
            raise ValueError(text)
        quoted, word, number = match.groups()
        parts.append(int(number) if number is not None else quoted if quoted is not None else word.strip())
        place = match.end()
    if not parts or len(parts) > _MAX_DEPTH:
        raise ValueError(text)
    return _joined(parts)


def _joined(parts: list[str | int]) -> Path:
    if parts[:2] == ["population", "spreads"] and all(isinstance(part, str) for part in parts[2:]):
        return (*parts[:2], *([".".join(map(str, parts[2:]))] if parts[2:] else []))
    for place, part in enumerate(parts[:-1]):
        if part in _FREE_NAMES and place >= 2 and parts[0] == "body":
            span = _FREE_NAMES[str(part)]
            stop = len(parts) if span is None else place + 1 + span
            names = parts[place + 1 : stop]
            if span is not None and names[0] not in ROOMS:
                break
            if len(names) > 1 and all(isinstance(name, str) for name in names):
                return (*parts[: place + 1], ".".join(map(str, names)), *parts[stop:])
            break
    return tuple(parts)


def _apply(root: Node, text: str) -> None:
    file = f"--set {text if len(text) <= 100 else text[:99] + '…'}"
    path_text, equals, value = str(text).partition("=")
    try:
        if not equals:
            raise ValueError(text)
        path = split_path(path_text.strip())
    except ValueError:
        raise ScenarioError(
            [Problem("an override is path=value", file=file, allowed="for instance doses[0].rate=5 mU/min")]
        ) from None
    fresh = _value(value.strip(), file)
    first = path[0]
    if first in _OTHER_NAMES and first not in root.entries and _OTHER_NAMES[str(first)] in root.entries:
        path = (_OTHER_NAMES[str(first)], *path[1:])
    node = root
    for place, part in enumerate(path):
        last = place == len(path) - 1
        node = _step(node, part, fresh if last else None, path[: place + 1], file)


def _value(text: str, file: str) -> Node:
    """Return a text as it is; lists, mappings and quoted texts are read as YAML."""
    if text[:1] in ("[", "{", '"', "'"):
        holder, _ = parse(f"value: {text}", file)
        if set(holder.entries) == {"value"}:
            node = holder.entries["value"].node
            _forget_places(node, file)
            return node
    absent = text in ("", "~", "null")
    return Node("scalar", None, None, file, text=None if absent else text)


def _forget_places(node: Node, file: str) -> None:
    node.line = node.column = None
    node.file = file
    for item in node.items:
        _forget_places(item, file)
    for entry in node.entries.values():
        entry.line = entry.column = None
        entry.file = file
        _forget_places(entry.node, file)


def _step(node: Node, part: str | int, fresh: Node | None, path: Path, file: str) -> Node:
    """Go one part down, making what is not there; put ``fresh`` in place when it is the end of the path."""
    if isinstance(part, int):
        if node.kind != "sequence" or part >= len(node.items):
            found = node.describe() if node.kind != "sequence" else f"a list of {len(node.items)} (the first is [0])"
            raise ScenarioError([Problem(f"there is no [{part}] here", file=file, found=found)])
        if fresh is not None:
            node.items[part] = fresh
        return node.items[part]
    if node.kind == "sequence":
        raise ScenarioError(
            [
                Problem(
                    f"{part!r} is looked for in a list", file=file, allowed=f"a number: [0] to [{len(node.items) - 1}]"
                )
            ]
        )
    if node.kind == "scalar":
        _open(node, path, file)
    entry = node.entries.get(part)
    if entry is None:
        entry = Entry(part, None, None, Node("mapping", None, None, file), file)
        node.entries[part] = entry
    if fresh is not None:
        # The place of the new value is the override, also for messages that point at the key.
        node.entries[part] = entry = Entry(part, None, None, fresh, file)
    return entry.node


def _open(node: Node, path: Path, file: str) -> None:
    """Turn a scalar into a mapping, so that a key can be set below it; short forms keep their meaning."""
    text, line, column, old = node.text, node.line, node.column, node.file
    room, texts = path[0] == "body" and len(path) == 3, path[0] in ("title", "description")
    signal, table = len(path) == 5 and path[2] == "outputs", path[0] == "dose_table" and len(path) == 2
    if text is not None and not (room or texts or signal or table):
        raise ScenarioError([Problem(f"{text!r} stands here, which has no parts", file=file)])
    node.kind, node.text = "mapping", None
    if text is not None:
        key = "en" if texts else "value" if signal else "file" if table else "mode" if text == "off" else "model"
        if path[-1] != key:
            node.entries[key] = Entry(key, line, column, Node("scalar", line, column, old, text=text), old)
