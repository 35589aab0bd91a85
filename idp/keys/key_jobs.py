"""What the jobs process does for keys: automatic key updates, and warnings before certificates end."""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event

from config.sql.database import DatabaseUnavailable
from idp.keys.key_rotation import KeyRotation
from idp.keys.signing_keys import SigningKeys

CHECK_INTERVAL = timedelta(minutes=5)
EXPIRY_WARNING_DAYS = (90, 30, 7)  # days before a certificate ends

journal = logging.getLogger("poterne.keys")


class KeyJobs:
    """Runs in the jobs process of every node; it does no harm to run on several at once."""

    def __init__(self, keys: SigningKeys, rotation: KeyRotation) -> None:
        self._keys = keys
        self._rotation = rotation
        self._warned: dict[str, int] = {}

    def warn(self, now: datetime) -> None:
        """Log a warning, once a process, when a certificate has 90 days left, then 30, then 7."""
        for key in self._keys.descriptions():
            passed = [days for days in EXPIRY_WARNING_DAYS if key.days_left(now) <= days]
            if passed and self._warned.get(key.kid) != passed[-1]:
                self._warned[key.kid] = passed[-1]
                journal.warning(
                    "a signing certificate ends: cut applications over, and rotate the keys",
                    extra={"kid": key.kid, "state": str(key.state), "days_left": key.days_left(now)},
                )

    def run_forever(self, stop: Event) -> None:
        """Update and warn every few minutes, until `stop` is set."""
        while not stop.is_set():
            with suppress(DatabaseUnavailable):  # config/sql/database.py logs it once
                self._rotation.update_followers(datetime.now(UTC))
                self.warn(datetime.now(UTC))
            stop.wait(CHECK_INTERVAL.total_seconds())
