"""Ctrl-C during a run, or a polite end: noted at once, acted on where nothing is half done."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Any


class Interrupt:
    """While it is entered, the first Ctrl-C is noted for `check`, and a second one is raised where it falls.

    SIGTERM, by which systems that hand out machines ask a program to end, counts as the first Ctrl-C, however
    often it comes.

    Python raises KeyboardInterrupt wherever it happens to be; in a callback of the garbage collector or of an
    import it is printed and forgotten, and the run went on to the end of its budget.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        """Take the signals over; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, number: int, _: object) -> None:
        if self._asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._asked = True
