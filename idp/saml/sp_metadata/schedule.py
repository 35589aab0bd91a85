"""The part of the background process that keeps service providers' metadata fresh."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event

from config.sql.database import DatabaseUnavailable
from idp.saml.sp_metadata.monitoring import WarningLog
from idp.saml.sp_metadata.refresh import MetadataRefresh

SWEEP_INTERVAL = timedelta(minutes=5)  # as often as anything may be fetched
WARNING_INTERVAL = timedelta(hours=1)

journal = logging.getLogger("poterne.metadata")


class MetadataSchedule:
    """Refreshes what is due and sounds warnings, until told to stop."""

    def __init__(self, refresh: MetadataRefresh, warnings: WarningLog) -> None:
        self._refresh = refresh
        self._warnings = warnings
        self._warned_at = datetime.min.replace(tzinfo=UTC)

    def run_forever(self, stop: Event) -> None:
        while not stop.is_set():
            self.sweep(stopped=stop.is_set)
            stop.wait(SWEEP_INTERVAL.total_seconds())

    def sweep(self, *, stopped: Callable[[], bool] = lambda: False) -> None:
        """What is due now, each in its turn."""
        now = datetime.now(UTC)
        with suppress(DatabaseUnavailable):  # which the journal says once, whoever notices
            for refresh in self._refresh.due(now):
                self._one(refresh)
                if stopped():
                    return
            if now - self._warned_at >= WARNING_INTERVAL:
                self._warnings.warn(now)
                self._warned_at = now

    def _one(self, refresh: Callable[[], object]) -> None:
        try:
            refresh()
        except DatabaseUnavailable:
            raise
        except Exception:  # the edge: whatever one document does, the others must be refreshed
            journal.exception("metadata: one could not be refreshed")
