"""Encrypted and authenticated cookies: a browser can neither read nor alter them, nor prolong their lifetime.

AES-256-GCM (NIST SP 800-38D), with keys derived (RFC 5869, HKDF) from the key-encryption keys for each purpose.
Strangers can request any number of cookies, and a random 96-bit nonce is safe for 2^32 values a key. Each value
therefore has a key of its own, derived from the first half of a 192-bit nonce, as in XAES-256-GCM.

After a rotation of the key-encryption key, cookies of the previous key open until
its line is deleted; after that, a browser is treated as one without the cookie.
"""

import base64
import binascii
import hmac
import os
import time
from datetime import timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.encryption import NONCE_BYTES, TAG_BYTES, KeyEncryption

LONGEST_VALUE: Final = 4_096  # octets; RFC 6265, section 6.1: the most that a browser stores for a cookie with its name
_EXPIRY_BYTES: Final = 8


class SealedCookies:
    """Seals and opens the cookies of one `purpose`. Cookies of another purpose do not open."""

    def __init__(self, encryption: KeyEncryption, *, purpose: str) -> None:
        self._keys = {key_id: encryption.derived(key_id, f"cookie {purpose}") for key_id in encryption.keys}
        self._first = encryption.first_id
        self._purpose = purpose

    def seal(self, content: bytes, *, lifetime: timedelta, bound_to: str = "") -> str:
        """The value of a cookie with `content`. It opens during `lifetime`, with the same `bound_to` only."""
        nonce = os.urandom(2 * NONCE_BYTES)
        expires_at = int((time.time() + lifetime.total_seconds()) * 1000)
        plaintext = expires_at.to_bytes(_EXPIRY_BYTES, "big") + content
        sealed = self._cipher(self._first, nonce).encrypt(
            nonce[NONCE_BYTES:], plaintext, self._associated(self._first, bound_to)
        )
        return f"{self._first}.{base64.urlsafe_b64encode(nonce + sealed).rstrip(b'=').decode('ascii')}"

    def open(self, value: str | None, *, bound_to: str = "") -> bytes | None:
        """The content of a cookie; None if it is missing, altered, expired, or has another purpose or `bound_to`."""
        if value is None or len(value) > LONGEST_VALUE or not value.isascii():
            return None
        key_id, _, encoded = value.partition(".")
        if key_id not in self._keys:
            return None
        try:
            sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        nonce, ciphertext = sealed[: 2 * NONCE_BYTES], sealed[2 * NONCE_BYTES :]
        if len(ciphertext) < _EXPIRY_BYTES + TAG_BYTES:
            return None
        try:
            plaintext = self._cipher(key_id, nonce).decrypt(
                nonce[NONCE_BYTES:], ciphertext, self._associated(key_id, bound_to)
            )
        except InvalidTag:
            return None
        if int.from_bytes(plaintext[:_EXPIRY_BYTES], "big") <= time.time() * 1000:
            return None
        return plaintext[_EXPIRY_BYTES:]

    def _cipher(self, key_id: str, nonce: bytes) -> AESGCM:
        return AESGCM(hmac.digest(self._keys[key_id], nonce[:NONCE_BYTES], "sha256"))

    def _associated(self, key_id: str, bound_to: str) -> bytes:
        return f"cookie1\n{key_id}\n{self._purpose}\n{bound_to}".encode("utf-8", "surrogatepass")
