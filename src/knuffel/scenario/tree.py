"""The tree of a scenario file: every value as text, with the place where it stands, and the list of mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from knuffel.errors import Notice, Problem, ScenarioError, nearest

__all__ = ["Entry", "Node", "Path", "Problems", "key_path", "plain"]

Path = tuple[str | int, ...]

_MOST_NAMES = 16


@dataclass
class Node:
    """A value: ``kind`` is scalar, sequence or mapping; ``text`` None is an absent value. Lines, columns from 1."""

    kind: str
    line: int | None
    column: int | None
    file: str = ""
    text: str | None = None
    quoted: bool = False
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def absent(self) -> bool:
        """Whether nothing was written (empty, ``null`` or ``~``)."""
        return self.kind == "scalar" and self.text is None

    def describe(self) -> str:
        """Return in a few words what stands here."""
        if self.kind == "sequence":
            return f"a list of {len(self.items)}"
        if self.kind == "mapping":
            return "a mapping"
        return "nothing" if self.text is None else _short(self.text)

    def child(self, name: str | int) -> Node | None:
        """Return the value below a key or at a place of the list, or None."""
        if isinstance(name, int):
            return self.items[name] if self.kind == "sequence" and 0 <= name < len(self.items) else None
        entry = self.entries.get(name)
        return None if entry is None else entry.node


@dataclass
class Entry:
    """A key with its place and its value. ``key`` is what was written, when it goes by another name inside."""

    key: str
    line: int | None
    column: int | None
    node: Node
    file: str = ""


def plain(node: Node) -> Any:
    """Return text, lists and dictionaries; absent values of a mapping are left out, in a list they are None."""
    if node.kind == "sequence":
        return [plain(item) for item in node.items]
    if node.kind == "mapping":
        return {name: plain(entry.node) for name, entry in node.entries.items() if not entry.node.absent}
    return node.text


def key_path(path: Path, root: Node | None = None) -> str:
    """Return ``doses[0].rate`` for ("doses", 0, "rate"), in the words that the user wrote."""
    text, node = "", root
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            entry = node.entries.get(part) if node is not None else None
            word = part if entry is None else entry.key
            text += f".{word}" if text else word
        node = node.child(part) if node is not None else None
    return text


class Problems:
    """Collects everything that is wrong, or worth a notice, with its place in the file."""

    def __init__(self, root: Node, file: str) -> None:
        self.root, self.file = root, file
        self.found: list[Problem] = []
        self.notices: list[Notice] = []
        self._spoiled: set[Path] = set()

    def add(
        self,
        path: Path,
        message: str,
        *,
        found: str | None = None,
        allowed: str | Iterable[str] | None = None,
        near: str | None = None,
        at_key: bool = False,
        show_found: bool = True,
    ) -> None:
        """Report a mistake at ``path``.

        ``found`` defaults to what stands there; ``near`` is the word to compare with the names in ``allowed``;
        ``at_key`` puts the finger on the key in place of the value.
        """
        file, line, column, node = self._place(path, at_key)
        if found is None and show_found and node is not None and not at_key:
            found = node.describe()
        names = None if allowed is None or isinstance(allowed, str) else sorted(set(allowed))
        self.found.append(
            Problem(
                message,
                file=file,
                line=line,
                column=column,
                key=self._key(path),
                found=found,
                allowed=_shortlist(names, near) if names is not None else allowed,  # type: ignore[arg-type]
                suggestion=nearest(near, names) if near is not None and names is not None else None,
            )
        )
        self._spoiled.add(path)

    def take(self, path: Path, mistakes: Iterable[Problem]) -> None:
        """Take over the mistakes of another file that is named at ``path``."""
        self.found.extend(mistakes)
        self._spoiled.add(path)

    def notice(self, code: str, path: Path, message: str) -> None:
        """Keep a warning that travels with the result."""
        self.notices.append(Notice(code, message, self.where(path)))

    def where(self, path: Path) -> str:
        """Return ``file:line key`` for a path."""
        file, line, _, _ = self._place(path, at_key=False)
        place = ":".join(str(part) for part in (file, line) if part not in ("", None))
        return " ".join(part for part in (place, self._key(path)) if part)

    def elsewhere(self, path: Path) -> bool:
        """Whether what stands at a path was written outside the file, in an override."""
        return self._place(path, at_key=False)[0] != self.file

    def written(self, *path: str | int) -> bool:
        """Whether a value stands at a path, right or wrong."""
        node: Node | None = self.root
        for part in path:
            node = None if node is None else node.child(part)
        return node is not None and not node.absent

    def spoiled(self, *path: str | int) -> bool:
        """Whether a mistake was reported at this very place or above it."""
        return any(path[:size] in self._spoiled for size in range(1, len(path) + 1))

    def spoiled_below(self, *path: str | int) -> bool:
        """Whether a mistake was reported at this place, above it, or anywhere below."""
        return self.spoiled(*path) or any(known[: len(path)] == path for known in self._spoiled)

    def stop(self) -> None:
        """Raise `ScenarioError` when there are mistakes, in the order of the file, then of other files."""

        def place(item: Problem) -> tuple[bool, bool, int, int]:
            return item.file != self.file, item.line is None, item.line or 0, item.column or 0

        if self.found:
            raise ScenarioError(sorted(self.found, key=place))

    def _key(self, path: Path) -> str:
        return key_path(path, self.root)

    def _place(self, path: Path, at_key: bool) -> tuple[str, int | None, int | None, Node | None]:
        """Return file, line and column of the deepest part of the path that is written, and the node itself."""
        node, holder, last = self.root, None, self.root
        complete = True
        for part in path:
            child = node.child(part)
            if child is None:
                complete = False
                break
            holder = node.entries.get(part) if isinstance(part, str) else None
            node = last = child
        if complete and path and holder is not None and (at_key or node.absent or node.line is None):
            return holder.file or self.file, holder.line, holder.column, node
        if not complete and holder is not None:
            return holder.file or self.file, holder.line, holder.column, None
        return last.file or self.file, last.line, last.column, node if complete else None


def _short(text: str, limit: int = 80) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def _shortlist(names: list[str], near: str | None) -> str:
    """Return the names; of a long list those that are most like the word."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names) or "none"
    like = get_close_matches(near or "", names, n=_MOST_NAMES // 2, cutoff=0) if near else names[: _MOST_NAMES // 2]
    return ", ".join(like) + f" and {len(names) - len(like)} more"
