"""What identifies the way from process files to estimates."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def estimator_version() -> str:
    """Return a hash of the program text from process files to cells: another text may find other figures."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("store/*.py"), *package.glob("analyse/*.py"), package / "units.py"]):
        text = path.read_bytes()
        digest.update(f"{path.name} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()
