"""The file that says which process holds a folder, on file systems that have no locks."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from copycost.errors import UsageError

OWNER = ".owner"

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID = Path("/etc/machine-id")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def identity() -> bytes:
    """Return what this process writes of itself, unlike what any other writes, or itself at another time."""
    own = {"pid": os.getpid(), "host": _host(), "boot": _boot(), "started": _started(os.getpid())}
    own |= {"since": datetime.now(UTC).isoformat(timespec="seconds"), "token": secrets.token_hex(8)}
    return json.dumps(own).encode()


def take(folder: Path, own: bytes) -> None:
    """Make a folder's owner file, or take the place of an owner that is dead.

    Raises:
        UsageError: another process holds the folder, or may hold it.
    """
    path = folder / OWNER
    while not _made(path, own):
        content = _content(path)
        if content is None:  # the one before took it away when it ended
            continue
        _refuse_unless_dead(path, content)
        if _taken_over(path, content, own):
            return


def let_go(folder: Path, own: bytes) -> None:
    """Take the owner file away if it is one's own."""
    if _content(folder / OWNER) == own:
        (folder / OWNER).unlink()


def is_owned(folder: Path) -> bool:
    """Return whether a folder's owner file holds."""
    content = _content(folder / OWNER)
    return content is not None and _holds(content)


def named(content: bytes) -> str:
    """Return a phrase for the process that wrote this of itself."""
    owner = _owner(content)
    return f"process {owner['pid']}" if owner else "another process"


def _taken_over(path: Path, dead: bytes, own: bytes) -> bool:
    """Take the place of a dead owner, and return whether that was possible.

    Of all who found the same one dead, only the one that makes the claim may: others may have been slow, and the file
    that they would move away another's.
    """
    claim = path.with_name(f"{OWNER}-{hashlib.sha256(dead).hexdigest()[:16]}")
    if not _made(claim, own):
        content = _content(claim)
        if content is None:
            return False
        _refuse_unless_dead(claim, content)
        raise UsageError(f"{path.parent}: {claim.name} was left by a process that is dead: remove it")
    # Another may have had this claim before, and be the owner now.
    if _content(path) != dead:
        claim.unlink()
        return False
    os.replace(claim, path)
    return True


def _made(path: Path, content: bytes) -> bool:
    """Make a file unless there is one, and return whether it was made; it appears with its content."""
    temporary = path.with_name(f"{path.name}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(content)
        os.link(temporary, path)
    except FileExistsError:
        # A network that lost the answer has made it all the same.
        return _content(path) == content
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _made_in_place(path, content)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _made_in_place(path: Path, content: bytes) -> bool:
    """Make a file where there are no links; it is empty for a moment."""
    try:
        with open(path, "xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _refuse_unless_dead(path: Path, content: bytes) -> None:
    if not _holds(content):
        return
    owner = _owner(content)
    if owner and owner.get("host") == _host():
        raise UsageError(f"{path.parent}: is being measured by {named(content)} already")
    where = f" of another machine since {owner.get('since')}" if owner else ""
    raise UsageError(f"{path.parent}: is being measured by {named(content)}{where}; if that is dead, remove {path}")


def _holds(content: bytes) -> bool:
    """Return whether the process that wrote this is alive, or may be.

    It may where it has not written yet, and on another machine, which cannot be seen from here; what cannot be read
    was written by none.
    """
    owner = _owner(content)
    if owner is None:
        return not content
    if owner.get("host") != _host():
        return True
    if owner.get("boot") != _boot():
        return False
    try:
        os.kill(owner["pid"], 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return bool(owner.get("started") == _started(owner["pid"]))


def _owner(content: bytes) -> dict[str, Any] | None:
    """Return what a process has written of itself, None where it cannot be read."""
    try:
        owner = json.loads(content)
        return {**owner, "pid": int(owner["pid"])}
    except (ValueError, TypeError, KeyError):
        return None


def _host() -> str:
    """Return a digest that tells this machine from others; its name is not kept."""
    try:
        machine = _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    return hashlib.sha256(f"copycost:{platform.node()}:{machine}".encode()).hexdigest()[:16]


def _boot() -> str | None:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks: a number may have been given to another since."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]
