"""A proof of work that the browser does in place of a picture to be recognised: the ALTCHA protocol, version 1.

The page holds a challenge: the SHA-256 of a salt and of a secret number below a maximum, signed by us (HMAC-SHA-256).
The script `proof.js` finds the number by trying, in about a second. The salt says until when and for which draft the
challenge is good; each one is accepted once.

Source: ALTCHA, "Proof-of-Work Captcha, version 1" (https://altcha.org/docs/v1/server-integration/).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final
from urllib.parse import parse_qs, urlencode

from config.encryption import KeyEncryption
from config.redis.store import Store
from config.strict_parsing import InvalidJson, parse_json_object
from enrollment.record_kinds import EnrollmentRecord

ALGORITHM: Final = "SHA-256"
LARGEST_NUMBER: Final = 50_000
LIFETIME: Final = timedelta(hours=2)
LONGEST_PAYLOAD: Final = 2_048  # characters

_PURPOSE: Final = "proof of work"


class Proof(Enum):
    """What came of a proof."""

    ACCEPTED = "accepted"
    ABSENT = "absent"
    """There is no script in this browser, or it has not run."""
    REFUSED = "refused"
    """It is wrong, has expired, or was accepted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A challenge, with the names of the protocol."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class ProofOfWork:
    """Makes challenges and checks their solutions."""

    def __init__(self, encryption: KeyEncryption, store: Store, *, largest_number: int = LARGEST_NUMBER) -> None:
        self._keys = [encryption.derived(key_id, _PURPOSE) for key_id in encryption.keys]
        self._key = encryption.derived(encryption.first_id, _PURPOSE)
        self._store = store
        self._largest_number = largest_number

    def challenge(self, draft: str) -> Challenge:
        """A new challenge, good for this draft."""
        told = urlencode({"expires": int(time.time() + LIFETIME.total_seconds()), "draft": draft})
        salt = f"{secrets.token_hex(12)}?{told}&"  # the last sign keeps salt and number apart
        challenge = _sha256(salt, secrets.randbelow(self._largest_number + 1))
        return Challenge(
            algorithm=ALGORITHM,
            challenge=challenge,
            maxnumber=self._largest_number,
            salt=salt,
            signature=_signature(self._key, challenge),
        )

    def check(self, payload: str, *, draft: str) -> Proof:
        """Whether `payload`, the solution in JSON and Base64, solves a challenge of ours for this draft; only once."""
        if not payload:
            return Proof.ABSENT
        solved = self._solved_challenge(payload, draft)
        if solved is None:
            return Proof.REFUSED
        is_new = self._store.put_new(EnrollmentRecord.CHALLENGE, solved, {}, lifetime=LIFETIME)
        return Proof.ACCEPTED if is_new else Proof.REFUSED

    def _solved_challenge(self, payload: str, draft: str) -> str | None:
        if len(payload) > LONGEST_PAYLOAD:
            return None
        try:
            given = parse_json_object(base64.b64decode(payload, validate=True))
        except (binascii.Error, ValueError, InvalidJson):
            return None
        match given:
            case {"algorithm": "SHA-256", "challenge": str(challenge), "number": int(number), "salt": str(salt),
                  "signature": str(signature)}:  # fmt: skip
                pass
            case _:
                return None
        expected = _sha256(salt, number)
        is_ours = any(_same(_signature(key, expected), signature) for key in self._keys)
        if not (is_ours and _same(expected, challenge) and salt.endswith("&")):
            return None
        told = parse_qs(salt.partition("?")[2])
        is_good = told.get("draft") == [draft] and int(told["expires"][0]) >= time.time()
        return challenge if is_good else None


def _sha256(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode("utf-8", "surrogatepass")).hexdigest()


def _signature(key: bytes, challenge: str) -> str:
    return hmac.new(key, challenge.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
