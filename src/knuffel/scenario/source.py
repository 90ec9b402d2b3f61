"""From a file to a tree: reads the bytes, refuses what a scenario does not need, keeps line and column of everything.

Only the event stream of the YAML parser is used. Nothing is typed here (``no`` stays the text "no"), nothing is
expanded (anchors and aliases are refused, so a small file cannot become a large tree), and the tree is built without
recursion.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from knuffel.errors import Problem, ScenarioError, nearest
from knuffel.scenario.tree import Entry, Node

__all__ = ["MAX_BYTES", "bundled_names", "parse", "read_source"]

MAX_BYTES = 2**20
MAX_DEPTH = 20
MAX_NODES = 20_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_PACKAGE = "knuffel.scenarios"


def bundled_names() -> tuple[str, ...]:
    """Return the names of the bundled scenarios, sorted."""
    files = (item.name for item in resources.files(_PACKAGE).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


def read_source(source: str | os.PathLike[str]) -> tuple[str, str, bytes]:
    """Return display name, path and content of a file or of a bundled scenario. Raises `ScenarioError`."""
    name = os.fspath(source)
    if not name or "\0" in name:
        _refuse("no file or scenario name is given", allowed=", ".join(bundled_names()), found=repr(name))
    looks_like_path = os.sep in name or name.endswith((".yaml", ".yml"))
    if not looks_like_path and name in bundled_names() and not Path(name).is_file():
        resource = resources.files(_PACKAGE) / f"{name}.yaml"
        return f"{name}.yaml", str(resource), resource.read_bytes()
    return name, name, _read_file(name, looks_like_path)


def _read_file(name: str, looks_like_path: bool) -> bytes:
    try:
        # Not blocking, so that a named pipe without a writer is refused and does not hang.
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        names = bundled_names()
        what = "there is no such file" if looks_like_path else "there is no such file or bundled scenario"
        wanted = Path(name).stem if looks_like_path else name
        raise ScenarioError(
            [
                Problem(
                    what,
                    file=name,
                    allowed=f"a YAML file, or one of {', '.join(names)}",
                    suggestion=nearest(wanted, names),
                )
            ]
        ) from None
    except OSError as error:
        raise ScenarioError([Problem(f"the file cannot be read: {error.strerror}", file=name)]) from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        _refuse("the scenario has to be a file", file=name, found=kind, allowed="a YAML file")
    with os.fdopen(handle, "rb") as stream:
        try:
            content = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise ScenarioError([Problem(f"the file cannot be read: {error.strerror}", file=name)]) from error
    if len(content) > MAX_BYTES:
        size = f"{max(status.st_size, len(content)) / 2**20:.1f} MiB"
        _refuse("the file is too large for a scenario", file=name, found=size, allowed="at most 1 MiB")
    return content


def parse(content: bytes | str, file: str) -> tuple[Node, str]:
    """Return the tree (a mapping) and the text. Raises `ScenarioError` with the first mistake of the layout."""
    text = _decode(content, file)
    root, problems = _build(text, file)
    if problems:
        raise ScenarioError(problems)
    if root is None or root.absent:
        _refuse("the scenario is empty", file=file, allowed="a mapping with subject, duration, …")
    elif root.kind != "mapping":
        _refuse(
            "this is not a scenario", file=file, line=root.line, found=root.describe(), allowed="a mapping: key: value"
        )
    else:
        return root, text
    raise AssertionError


def _refuse(message: str, **facts: Any) -> None:
    raise ScenarioError([Problem(message, **facts)])


def _decode(content: bytes | str, file: str) -> str:
    if isinstance(content, str):
        text = content.removeprefix("\ufeff")
        if len(text) > MAX_BYTES:
            _refuse("the text is too large for a scenario", file=file, allowed="at most 1 MiB")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line, column = _position(content[: error.start].decode("utf-8", "replace"))
            _refuse(
                "the file is not UTF-8 text",
                file=file,
                line=line,
                column=column,
                found=f"byte 0x{content[error.start]:02x}",
            )
    for character, what in (("\0", "a NUL byte"), ("\t", "a tab")):
        place = text.find(character)
        if place >= 0:
            line, column = _position(text[:place])
            count = text.count(character)
            allowed = "spaces" if character == "\t" else "text"
            more = f" (and {count - 1} more)" if count > 1 else ""
            _refuse(f"{what} is not allowed", file=file, line=line, column=column, found=what + more, allowed=allowed)
    return text


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def _build(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """Build the tree; return it with the problems of single places (duplicate keys, aliases, tags)."""
    builder = _Builder(file)
    try:
        for event in _events(text):
            if not builder.take(event):
                break
    except ScenarioError:
        raise
    except Exception as error:  # the parser raises many classes; some are plain Python errors
        return None, [*builder.problems, _syntax_problem(error, file)]
    return builder.root, builder.problems


def _syntax_problem(error: Exception, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = None if mark is None else mark.line + 1
    column = None if mark is None else mark.column + 1
    parts = [getattr(error, "context", None), getattr(error, "problem", None) or getattr(error, "reason", None)]
    reason = " ".join(str(part) for part in parts if part)
    return Problem(f"this is not YAML{': ' + reason if reason else ''}", file=file, line=line, column=column)


class _Builder:
    """Turns parser events into nodes, keeping the containers that are open on a stack."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._stack: list[Node] = []
        self._keys: list[Entry | None] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> bool:
        """Add one event; False when reading has to stop."""
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                self._problem("a file holds one scenario", event, found="a second document (---)")
                return False
            if event.version or event.tags:
                self._problem("a directive (%) is not allowed", event)
        elif kind == "AliasEvent":
            self._problem("an alias is not allowed: write the value out", event, found=f"*{event.anchor}")
            return self._add(Node("scalar", *self._place(event), self.file))
        elif kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"):
            return self._value(event, kind)
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self._stack.pop()
            self._keys.pop()
        return True

    def _value(self, event: Any, kind: str) -> bool:
        if event.anchor:
            self._problem("an anchor is not allowed: write the value out", event, found=f"&{event.anchor}")
        if event.tag:
            self._problem("a tag is not allowed: units say what a value is", event, found=str(event.tag)[:80])
        line, column = self._place(event)
        if kind == "ScalarEvent":
            quoted = event.style is not None
            text = None if not quoted and event.value in _NULLS else event.value
            return self._add(Node("scalar", line, column, self.file, text=text, quoted=quoted))
        node = Node("sequence" if kind == "SequenceStartEvent" else "mapping", line, column, self.file)
        if not self._add(node):
            return False
        self._stack.append(node)
        self._keys.append(None)
        if len(self._stack) > MAX_DEPTH:
            self._problem("the file is nested too deeply", event, allowed=f"at most {MAX_DEPTH} levels")
            return False
        return True

    def _add(self, node: Node) -> bool:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._problem("the file holds too many values", node, allowed=f"at most {MAX_NODES}")
            return False
        if not self._stack:
            self.root = node
            return True
        holder = self._stack[-1]
        if holder.kind == "sequence":
            holder.items.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = self._key(holder, node)
        else:
            entry = self._keys[-1]
            entry.node = node
            if entry.key not in holder.entries:
                holder.entries[entry.key] = entry
            self._keys[-1] = None
        return True

    def _key(self, holder: Node, node: Node) -> Entry:
        key = node.text if node.kind == "scalar" else None
        if key is None:
            self._problem("a key has to be a name", node, found=node.describe())
            key = f"(no name, line {node.line})"
        elif key == "<<" and not node.quoted:
            self._problem("a merge key is not allowed: write the keys out", node, found="<<")
        elif key in holder.entries:
            first = holder.entries[key]
            self._problem(f"the key {key!r} stands twice", node, found=f"first on line {first.line}")
        return Entry(key, node.line, node.column, node, self.file)

    def _place(self, event: Any) -> tuple[int, int]:
        return event.start_mark.line + 1, event.start_mark.column + 1

    def _problem(self, message: str, at: Any, *, found: str | None = None, allowed: str | None = None) -> None:
        line, column = (at.line, at.column) if isinstance(at, Node) else self._place(at)
        self.problems.append(Problem(message, file=self.file, line=line, column=column, found=found, allowed=allowed))
