"""The engine: what differs between the releases of pytest-benchmark that measure alike.

Another interpreter brings its own pytest-benchmark. Before 5.2 its `pedantic` calls nothing after a
round, and before 5.3 it writes its JSON to an open file and not to a path.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Optional


def pedantic(
    benchmark: Any,
    target: Callable[[Any], Any],
    source: Any,
    *,
    iterations: int,
    rounds: int,
    warmup_rounds: int,
    after_round: Callable[..., Any],
) -> None:
    """Time rounds of `target(source)` and call `after_round` after each, warming-up ones included.

    `benchmark` is pytest-benchmark's fixture; the rounds are in its `stats` afterwards.
    """
    words: dict[str, Any] = {"iterations": iterations, "rounds": rounds, "warmup_rounds": warmup_rounds}
    if "teardown" in inspect.signature(benchmark.pedantic).parameters:
        words["teardown"] = after_round
    else:
        benchmark._make_runner = _followed_by(after_round, benchmark._make_runner)
    try:
        benchmark.pedantic(target, args=(source,), **words)
    except BaseException:  # pytest-benchmark itself takes a SystemExit for the end of the session
        benchmark.has_error = True
        raise


def _followed_by(after_round: Callable[..., Any], make_runner: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes the runner of a round, which reads the timer itself, with a call after it."""

    def make(*words: Any) -> Callable[[Optional[range]], Any]:
        runner = make_runner(*words)

        def run(loops: Optional[range]) -> Any:
            timed = runner(loops)
            after_round()
            return timed

        return run

    return make


class JsonPath(str):
    """The path of a JSON file, which is also the context manager that opens it."""

    def __enter__(self) -> Any:
        """Open the file for writing bytes."""
        self._file = open(self, "wb")
        return self._file

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()
