"""Tells a service that the card of one of its logins was pulled.

Each signature has a presence token of its own. The service has seen only its hash, in the signed text; so only this
bridge can tell it that the card is gone, and a token ends nothing but the login that it belongs to.
"""

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final

from card_bridge.workstation.connection import ConnectionFailed, Slot

REMOVED_PATH: Final = "/card/removed"
_POLL: Final = 0.5  # seconds: how often the end of the watch is noticed
_RETRY_AFTER: Final = (0.0, 0.5, 2.0, 10.0, 60.0)  # seconds before each attempt
_MOST_TOKENS: Final = 50

logger = logging.getLogger(__name__)

Post = Callable[[str, dict[str, str]], object]
"""Posts a JSON object to an address; raises OSError when it could not be delivered."""


@dataclass(frozen=True, slots=True)
class _Kept:
    origin: str
    token: bytes


class PresenceWatch:
    """Watches the slots in which cards have signed."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._lock = Lock()
        self._by_slot: dict[str, list[_Kept]] = {}
        self._stopped = Event()

    def watch(self, slot: Slot, *, origin: str, token: bytes) -> None:
        """Tell `origin` when the card leaves `slot`."""
        with self._lock:
            kept = self._by_slot.setdefault(slot.name, [])
            kept.append(_Kept(origin, token))
            del kept[:-_MOST_TOKENS]
            if len(kept) > 1:
                return
        Thread(target=self._wait, args=(slot,), name=f"presence of {slot.name}", daemon=True).start()

    def stop(self) -> None:
        """End the watch; nobody is told anything more."""
        self._stopped.set()

    def _wait(self, slot: Slot) -> None:
        while not self._stopped.is_set():
            try:
                if slot.wait_for_removal(_POLL):
                    break
            except ConnectionFailed:
                break
        with self._lock:
            kept = self._by_slot.pop(slot.name, [])
        for each in kept:
            Thread(target=self._tell, args=(each,), name="card removed", daemon=True).start()

    def _tell(self, kept: _Kept) -> None:
        token = base64.urlsafe_b64encode(kept.token).rstrip(b"=").decode()
        for delay in _RETRY_AFTER:
            if self._stopped.wait(delay):
                return
            try:
                self._post(kept.origin + REMOVED_PATH, {"token": token})
            except OSError as failure:
                logger.warning("%s was not told that the card was pulled: %s", kept.origin, type(failure).__name__)
            else:
                return
