"""The throttle of logins: how long a person waits after failed logins.

An attempt counts as failed *before* it is verified, so that simultaneous guesses cannot exceed the limit; the count is
released when the attempt succeeds. Waits are bounded, and the failures of others do not prolong them, so that nobody
can lock a professional out (docs/decisions/no-permanent-lock.md). Other limits are in `config/redis/rate_limits.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from config.redis.rate_limits import RetryAfter, digest, places
from config.redis.store import SharedRecord, Store
from config.redis.token_buckets import Bucket, Concerns, Taken, TokenBuckets
from idp.settings import Settings

# Seconds until one failure is forgotten.
ACCOUNT_EVERY: Final = 15.0
ADDRESS_EVERY: Final = 1.0
PREFIX_EVERY: Final = 0.25
DEVICE_EVERY: Final = 300.0

FAILURES_PER_DEVICE: Final = 10
SEEN_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt to log in, before it is verified.

    `client` distinguishes browsers and programs at the same address. `device` is the identifier of the browser's
    device cookie if this account has logged in there before, and None otherwise (`idp/accounts/devices.py`).
    """

    login: str
    address: str
    client: str
    device: str | None = None


class LoginThrottle:
    """Counts failed logins, and says how long to wait.

    A browser that the account has logged in from has a counter of its own, for this account: failures elsewhere do
    not affect it. When that counter is used up, and for every other client, the same counters apply whether or not
    the account exists: account and address together, the account, the address and, loosely, the network around the
    address. The account has a separate counter for networks from which it was not tried lately, so that guesses from
    a few networks do not lock its owner out elsewhere.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._buckets = TokenBuckets(
            store.link,
            longest_wait=settings.throttle_ceiling.total_seconds(),
            mark_kept=SEEN_FOR.total_seconds(),
        )
        self._settings = settings

    def reserve(self, attempt: Attempt, *, is_busy: Callable[[], bool]) -> Taken | RetryAfter:
        """Count an attempt as failed and admit it, or return how long to wait, which counts nothing.

        `is_busy` returns whether passwords already wait to be verified. Then an attempt from an address or a network
        with many failures is refused, since a flood would otherwise hold every thread.
        """
        account = digest(attempt.login.strip().casefold())
        if attempt.device is not None:
            client = f"{SharedRecord.THROTTLE}:device:{account}:{attempt.device}"
            own = Bucket(key=f"{client}:failures", at_once=FAILURES_PER_DEVICE, every=DEVICE_EVERY)
            taken = self._buckets.take([own], client=f"{client}:turn", mark=f"{client}:seen")
            if isinstance(taken, Taken):
                return taken
        one, prefix = places(attempt.address)
        answer = self._buckets.take(
            self._shared_buckets(account, one, prefix),
            client=f"{SharedRecord.THROTTLE}:turn:{digest(attempt.client)}",
            mark=f"{SharedRecord.THROTTLE}:seen:{account}:{prefix}",
        )
        if not isinstance(answer, Taken):
            return RetryAfter(ceil(answer))
        if answer.from_a_crowd and is_busy():
            self._buckets.give_back(answer, keeping_turn=True)
            return RetryAfter(1)
        return answer

    def reserve_unnamed(self, *, address: str, client: str) -> Taken | RetryAfter:
        """Count an attempt that names no account, such as one by card, against its address and network alone."""
        one, prefix = places(address)
        answer = self._buckets.take(
            self._buckets_of_place(one, prefix), client=f"{SharedRecord.THROTTLE}:turn:{digest(client)}"
        )
        return answer if isinstance(answer, Taken) else RetryAfter(ceil(answer))

    def release(self, reservation: Taken) -> None:
        """Release the count of an attempt that succeeded, or was not made.

        Nothing else changes, so that the waits of others do not reveal that the owner has logged in.
        """
        self._buckets.give_back(reservation)

    def _shared_buckets(self, account: str, address: str, prefix: str) -> list[Bucket]:
        settings, of = self._settings, f"{SharedRecord.THROTTLE}:"
        return [
            Bucket(
                key=f"{of}pair:{account}:{address}",
                at_once=settings.failures_per_account_and_address,
                every=ACCOUNT_EVERY,
            ),
            Bucket(
                key=f"{of}account:{account}",
                at_once=settings.failures_per_account,
                every=ACCOUNT_EVERY,
                concerns=Concerns.SEEN,
            ),
            Bucket(
                key=f"{of}account-elsewhere:{account}",
                at_once=settings.failures_per_account,
                every=ACCOUNT_EVERY,
                concerns=Concerns.NOT_SEEN,
            ),
            *self._buckets_of_place(address, prefix),
        ]

    def _buckets_of_place(self, address: str, prefix: str) -> list[Bucket]:
        settings, of = self._settings, f"{SharedRecord.THROTTLE}:"
        return [
            Bucket(
                key=f"{of}address:{address}",
                at_once=settings.failures_per_address,
                every=ADDRESS_EVERY,
                is_place=True,
            ),
            Bucket(key=f"{of}prefix:{prefix}", at_once=settings.failures_per_prefix, every=PREFIX_EVERY, is_place=True),
        ]
