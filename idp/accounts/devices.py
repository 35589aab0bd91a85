"""The device cookie: the accounts that have logged in from a browser, sealed.

For such a browser and account, failed logins are counted apart, so that guesses from elsewhere, or from the same
hospital, do not lock the account's owner out. An address cannot serve for this: a hospital has one address, and a
better treatment of accounts that have logged in there would reveal which accounts exist.

The cookie lists the latest accounts of a shared computer, each with the account's `valid_from`: a change of password,
or disabling the account, makes the browser unknown to the account. The cookie replaces no password. A thief of the
cookie may guess ten times, and then once every five minutes.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from config.encryption import KeyEncryption
from config.sealed_cookies import SealedCookies
from idp.accounts.accounts import Accounts
from idp.accounts.usernames import as_typed

DEVICE_COOKIE: Final = "device"
KEPT_FOR: Final = timedelta(days=365)
MOST_ACCOUNTS: Final = 20

_ID_BYTES: Final = 16
_TIME_BYTES: Final = 8
_LOGIN_BYTES: Final = 8
_ACCOUNT_BYTES: Final = 16
_RECORD_BYTES: Final = _LOGIN_BYTES + _ACCOUNT_BYTES + _TIME_BYTES
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAccount:
    """An account that logged in from a browser: the digest of its login, its id, and its `valid_from` at that time."""

    login: bytes
    account_id: str
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The content of the cookie: a random identifier, and the accounts, the latest first."""

    identifier: str
    accounts: tuple[DeviceAccount, ...] = ()


class Devices:
    """Reads and writes device cookies."""

    def __init__(self, encryption: KeyEncryption, accounts: Accounts) -> None:
        self._sealed = SealedCookies(encryption, purpose="device")
        self._accounts = accounts

    def identifier_for(self, cookie: str | None, login: str) -> str | None:
        """The device's identifier, if the cookie names the account `login` and that account has not been revoked since.

        The account is read only if the cookie names it, so that the time reveals nothing to others.
        """
        device = self._read(cookie)
        digest = _digest(login)
        for known in device.accounts if device else ():
            if known.login == digest:
                snapshot = self._accounts.snapshot(known.account_id, fresh=True)
                if snapshot and not snapshot.disabled and snapshot.valid_from == known.valid_from:
                    return device.identifier if device else None
        return None

    def identifier(self, cookie: str | None) -> str | None:
        """The device's identifier, whatever accounts the cookie names."""
        device = self._read(cookie)
        return device.identifier if device else None

    def remember(self, cookie: str | None, *, login: str, account_id: str, valid_from: datetime) -> str:
        """The cookie's new value after a login to this account."""
        device = self._read(cookie) or Device(identifier=secrets.token_hex(_ID_BYTES))
        latest = DeviceAccount(login=_digest(login), account_id=account_id, valid_from=valid_from)
        others = (known for known in device.accounts if known.account_id != account_id)
        device = replace(device, accounts=(latest, *others)[:MOST_ACCOUNTS])
        return self._sealed.seal(_serialized(device), lifetime=KEPT_FOR)

    def _read(self, cookie: str | None) -> Device | None:
        content = self._sealed.open(cookie)
        return None if content is None else _parsed(content)


def _digest(login: str) -> bytes:
    return sha256(as_typed(login).encode("utf-8", "surrogatepass")).digest()[:_LOGIN_BYTES]


def _serialized(device: Device) -> bytes:
    """The content as octets. Each account has a fixed length: twenty accounts take a kilobyte."""
    return bytes.fromhex(device.identifier) + b"".join(
        known.login
        + bytes.fromhex(known.account_id)
        + ((known.valid_from - _EPOCH) // timedelta(microseconds=1)).to_bytes(_TIME_BYTES, "big")
        for known in device.accounts
    )


def _parsed(content: bytes) -> Device:
    """The device that `_serialized` wrote; the seal guarantees it."""
    records = (content[at : at + _RECORD_BYTES] for at in range(_ID_BYTES, len(content), _RECORD_BYTES))
    return Device(
        identifier=content[:_ID_BYTES].hex(),
        accounts=tuple(
            DeviceAccount(
                login=record[:_LOGIN_BYTES],
                account_id=record[_LOGIN_BYTES : _LOGIN_BYTES + _ACCOUNT_BYTES].hex(),
                valid_from=_EPOCH
                + timedelta(microseconds=int.from_bytes(record[_LOGIN_BYTES + _ACCOUNT_BYTES :], "big")),
            )
            for record in records
        ),
    )
