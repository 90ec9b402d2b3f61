"""What the tests of this folder look at: the files of the repository and of the package."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "knuffel"
TEXT = frozenset({".py", ".md", ".toml", ".yaml", ".yml", ".lock", ".cff", ".html", ".cpp", ".csv", ".json", ".j2", ""})


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Return the text files that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(path for name in listed if (path := ROOT / name).suffix in TEXT and path.is_file())


def modules() -> list[Path]:
    """Return the Python files of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return a path below the root, for messages and test ids."""
    return path.relative_to(ROOT).as_posix()
