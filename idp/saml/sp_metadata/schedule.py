"""What the jobs process does for the metadata of service providers."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event

from config.sql.database import DatabaseUnavailable
from idp.saml.sp_metadata.monitoring import WarningLog
from idp.saml.sp_metadata.refresh import MetadataRefresh

SWEEP_INTERVAL = timedelta(minutes=5)  # the shortest interval between two fetches of the same metadata
WARNING_INTERVAL = timedelta(hours=1)

journal = logging.getLogger("poterne.metadata")


class MetadataSchedule:
    """Refreshes the metadata that are due, and logs warnings."""

    def __init__(self, refresh: MetadataRefresh, warnings: WarningLog) -> None:
        self._refresh = refresh
        self._warnings = warnings
        self._warned_at = datetime.min.replace(tzinfo=UTC)

    def run_forever(self, stop: Event) -> None:
        while not stop.is_set():
            self.sweep(stopped=stop.is_set)
            stop.wait(SWEEP_INTERVAL.total_seconds())

    def sweep(self, *, stopped: Callable[[], bool] = lambda: False) -> None:
        """Refresh the metadata that are due, one after the other, until `stopped`."""
        now = datetime.now(UTC)
        with suppress(DatabaseUnavailable):  # config/sql/database.py logs it once
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
        except Exception:  # the edge of a job: the other metadata must be refreshed all the same
            journal.exception("a metadata refresh failed")
