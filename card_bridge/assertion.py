"""The card assertion: the one message that crosses from the workstation to a service.

The card signs a text that the workstation makes of structured fields: what the signature is for, the origin of the
page that asked, the service's nonce, the certificate, and the presence token's hash. The origin is inside, so a
signature obtained by a page that imitates a service is refused by that service; the nonce is the service's and counts
once. There is no call that signs what a caller hands over: the card's key is also its TLS client key.

The shape follows the authentication token of Web EID (version 1.0): fields of free length are hashed first, so that no
two sets of fields make the same text.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from config.strict_parsing import InvalidJson, parse_json_object

FORMAT: Final = "poterne-card:1"
ALGORITHM: Final = "RS256"
"""RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3): a CPS3 makes no RSASSA-PSS signature."""

LARGEST_ASSERTION: Final = 8192  # characters
SHORTEST_NONCE, LONGEST_NONCE = 43, 512  # characters; 43 hold 256 bits in base64url
LARGEST_CERTIFICATE: Final = 4096  # octets; that of a CPS has 1,500 to 2,000
_LARGEST_SIGNATURE: Final = 512  # octets, those of RSA-4096
_DIGEST: Final = 32  # octets of SHA-256
_SHA256_PREFIX: Final = bytes.fromhex("3031300d060960864801650304020105000420")


class Purpose(StrEnum):
    """What a signature is for. A service accepts it for nothing else."""

    LOGIN = "login"
    STEP_UP = "step-up"
    ENROLLMENT = "enrollment"


class AssertionMalformed(ValueError):
    """A text is not a card assertion. The message says which part, and repeats nothing of it."""


def signed_text(*, purpose: Purpose, origin: str, nonce: str, certificate: bytes, presence: bytes) -> bytes:
    """The octets that the card's key signs.

    Args:
        origin: of the page, as browsers serialize it: `https://id.example`.
        nonce: as the service gave it.
        certificate: the authentication certificate of the card, DER.
        presence: SHA-256 of the presence token; empty when there is none.
    """
    parts = (origin.encode(), nonce.encode(), certificate, presence)
    head = FORMAT.encode() + b"\0" + purpose.value.encode() + b"\0"
    return head + b"".join(hashlib.sha256(part).digest() for part in parts)


def digest_info(text: bytes) -> bytes:
    """The DigestInfo of SHA-256 that a card takes: RFC 8017 section 9.2, step 2."""
    return _SHA256_PREFIX + hashlib.sha256(text).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAssertion:
    """What a workstation answers. Nothing in it is verified before `card_bridge.verification` has done so.

    `certificate` is DER; `presence` is SHA-256 of the presence token, or empty; `bridge` is the version that made it.
    """

    certificate: bytes
    signature: bytes
    presence: bytes = b""
    bridge: str = ""

    def written(self) -> str:
        """The assertion as it is posted: a JSON object, with octets in base64 (RFC 4648 section 4)."""
        members = {
            "format": FORMAT,
            "algorithm": ALGORITHM,
            "certificate": base64.b64encode(self.certificate).decode(),
            "signature": base64.b64encode(self.signature).decode(),
            "presence": base64.b64encode(self.presence).decode(),
            "bridge": self.bridge,
        }
        return json.dumps(members, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an assertion.

        Raises:
            AssertionMalformed: it is too long, not JSON, of another format or algorithm, or a member is missing,
                unknown or of a wrong size.
        """
        if len(text) > LARGEST_ASSERTION:
            raise AssertionMalformed(f"it is longer than {LARGEST_ASSERTION} characters")
        try:
            members = parse_json_object(text)
        except InvalidJson as fault:
            raise AssertionMalformed("it is not a JSON object") from fault
        if unknown := members.keys() - {"format", "algorithm", "certificate", "signature", "presence", "bridge"}:
            raise AssertionMalformed(f"it has {len(unknown)} members too many")
        for name, expected in (("format", FORMAT), ("algorithm", ALGORITHM)):
            if members.get(name) != expected:
                raise AssertionMalformed(f"{name}: must be {expected}")
        bridge = members.get("bridge", "")
        if not isinstance(bridge, str) or len(bridge) > 40 or not (bridge.isascii() and bridge.isprintable()):
            raise AssertionMalformed("bridge: must be a version of at most 40 characters")
        presence = _octets(members, "presence", _DIGEST)
        if len(presence) not in (0, _DIGEST):
            raise AssertionMalformed(f"presence: must have {_DIGEST} octets, or none")
        return cls(
            certificate=_octets(members, "certificate", LARGEST_CERTIFICATE, least=1),
            signature=_octets(members, "signature", _LARGEST_SIGNATURE, least=1),
            presence=presence,
            bridge=bridge,
        )


def _octets(members: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> bytes:
    value = members.get(name, "")
    if not isinstance(value, str):
        raise AssertionMalformed(f"{name}: must be a string")
    try:
        octets = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise AssertionMalformed(f"{name}: must be base64") from fault
    if not least <= len(octets) <= most:
        raise AssertionMalformed(f"{name}: must have {least} to {most} octets")
    return octets
