"""The schedule of restarts of a process that ends."""

import time
from dataclasses import dataclass
from typing import Final

STEADY_AFTER: Final = 60.0  # seconds that a process must live for its next restart to be immediate
SHORTEST_PAUSE: Final = 0.5  # seconds


@dataclass(slots=True)
class Restarts:
    """The first restart is immediate. The pause before the next one doubles while the process keeps ending."""

    longest_pause: float  # seconds, from one start to the next
    started_at: float = 0.0
    _pause: float = 0.0

    def note_start(self) -> None:
        self.started_at = time.monotonic()

    def expect_end(self) -> None:
        """The process was told to end: restart it at once, and forget how often it ended before."""
        self.started_at, self._pause = float("-inf"), 0.0

    @property
    def end_was_expected(self) -> bool:
        return self.started_at == float("-inf")

    def is_due(self) -> bool:
        """Whether the ended process may be started now. If so, this also sets the pause before the next restart."""
        lived = time.monotonic() - self.started_at
        if lived < self._pause:
            return False
        steady = lived > STEADY_AFTER
        self._pause = SHORTEST_PAUSE if steady else min(self.longest_pause, max(SHORTEST_PAUSE, self._pause * 2))
        return True
