"""Ctrl-C during a run: noted at once, acted on where nothing is half done."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Any


class Interrupt:
    """While it is entered, the first Ctrl-C is noted for `check`, and a second one is raised where it falls.

    Python raises KeyboardInterrupt wherever it happens to be; in a callback of the garbage collector or of an
    import it is printed and forgotten, and the run went on to the end of its budget.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._asked = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        """Take the signal over; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
