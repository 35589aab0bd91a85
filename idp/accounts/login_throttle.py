"""How long a person waits after failed logins.

An attempt to log in counts as failed *before* it is verified, so that a burst of
guesses sent together cannot pass, and the count is taken back when it succeeds.
Waits are bounded, and the failures of others do not prolong them: nobody can lock a
professional out (docs/decisions, no permanent lock). Limits on anything else are in
`config/redis/rate_limits.py`.
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

# Seconds until one more failure is free again.
ACCOUNT_EVERY: Final = 15.0
ADDRESS_EVERY: Final = 1.0
PREFIX_EVERY: Final = 0.25
DEVICE_EVERY: Final = 300.0

FAILURES_PER_DEVICE: Final = 10
SEEN_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A password that is about to be tried.

    `client` tells one browser or program from another at the same address. `device` is
    the browser's identifier if this account has logged in there before, and None
    otherwise (`idp/accounts/devices.py`).
    """

    login: str
    address: str
    client: str
    device: str | None = None


class LoginThrottle:
    """The waits that failed logins cause.

    A browser that the account has logged in from has failures of its own, counted for
    this account and this browser: what happens elsewhere costs it nothing. Once they are
    spent, and for every other client, one rule holds, whoever is named: failures are
    counted on account and address together, on the account, on the address, and loosely
    on the network around it. The account's are counted apart for networks where nothing
    was tried on it lately: those who guess from a few networks do not keep its owner out
    of the others.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._buckets = TokenBuckets(
            store.link,
            longest_wait=settings.throttle_ceiling.total_seconds(),
            mark_kept=SEEN_FOR.total_seconds(),
        )
        self._settings = settings

    def reserve(self, attempt: Attempt, *, is_busy: Callable[[], bool]) -> Taken | RetryAfter:
        """Count an attempt as failed and let it be made, or say how long to wait, which counts nothing.

        `is_busy` says whether passwords already wait to be verified. Where a crowd has failed, nobody new waits
        with them: a flood would hold every thread.
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
            self._everyones(account, one, prefix),
            client=f"{SharedRecord.THROTTLE}:turn:{digest(attempt.client)}",
            mark=f"{SharedRecord.THROTTLE}:seen:{account}:{prefix}",
        )
        if not isinstance(answer, Taken):
            return RetryAfter(ceil(answer))
        if answer.from_a_crowd and is_busy():
            self._buckets.give_back(answer, keeping_turn=True)
            return RetryAfter(1)
        return answer

    def take_back(self, reservation: Taken) -> None:
        """After a success, or when nothing was tried after all, the attempt does not count.

        Nothing else changes: how a stranger fares must not tell that the owner came.
        """
        self._buckets.give_back(reservation)

    def _everyones(self, account: str, address: str, prefix: str) -> list[Bucket]:
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
            Bucket(
                key=f"{of}address:{address}",
                at_once=settings.failures_per_address,
                every=ADDRESS_EVERY,
                is_place=True,
            ),
            Bucket(key=f"{of}prefix:{prefix}", at_once=settings.failures_per_prefix, every=PREFIX_EVERY, is_place=True),
        ]
