"""When a process that has ended is started again."""

import time
from dataclasses import dataclass
from typing import Final

STEADY_AFTER: Final = 60.0  # seconds
SHORTEST_PAUSE: Final = 0.5


@dataclass(slots=True)
class Restarts:
    """At once the first time, then after a pause that doubles while the process keeps on ending."""

    longest_pause: float  # seconds, from one start to the next
    started_at: float = 0.0
    _pause: float = 0.0

    def note_start(self) -> None:
        self.started_at = time.monotonic()

    def expect_end(self) -> None:
        """The process was told to end: what it had done before does not count."""
        self.started_at, self._pause = float("-inf"), 0.0

    @property
    def end_was_expected(self) -> bool:
        return self.started_at == float("-inf")

    def is_due(self) -> bool:
        """Whether the process, which has ended, may be started now. If so, the pause before the next start is set."""
        lived = time.monotonic() - self.started_at
        if lived < self._pause:
            return False
        steady = lived > STEADY_AFTER
        self._pause = SHORTEST_PAUSE if steady else min(self.longest_pause, max(SHORTEST_PAUSE, self._pause * 2))
        return True
