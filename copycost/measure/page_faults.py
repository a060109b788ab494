"""Minor page faults of this process, where the platform counts them."""

from __future__ import annotations

from typing import Optional

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # Windows has no such counter

    def minor_faults() -> Optional[int]:
        """Return None: this platform does not count minor page faults."""
        return None

else:

    def minor_faults() -> Optional[int]:
        """Return how many minor page faults this process has had so far."""
        return getrusage(RUSAGE_SELF).ru_minflt
