"""The documents that we publish, the provider metadata and the keys, each serialized once."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from config.web.responses import RawResponse
from idp.keys.key_ring import KeyRing

PUBLIC_FOR = 300  # seconds for caches: less than the shortest time that a key stays published


@dataclass(frozen=True, slots=True)
class Document:
    """A serialized JSON document and its entity tag (RFC 9110 section 8.8.3), which changes with it."""

    octets: bytes
    etag: str

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Document":
        octets = json.dumps(content).encode()
        return cls(octets, f'"{hashlib.sha256(octets).hexdigest()[:32]}"')

    def answer(self) -> Response:
        """The document, or 304 when the request says that it has this version (RFC 9110 section 13.1.2)."""
        headers = [("Cache-Control", f"public, max-age={PUBLIC_FOR}"), ("ETag", self.etag)]
        if "If-None-Match" in request.headers and request.if_none_match.contains_weak(self.etag.strip('"')):
            return Response(status=304, headers=headers)
        return RawResponse(self.octets, 200, headers=[("Content-Type", "application/json"), *headers])


class PublishedKeys:
    """The public keys, serialized again when the key ring changes (idp/keys/key_ring.py)."""

    def __init__(self, ring: Callable[[], KeyRing]) -> None:
        self._ring = ring
        self._made: tuple[KeyRing, Document] | None = None

    def document(self) -> Document:
        """The current keys."""
        ring, made = self._ring(), self._made
        if made is None or made[0] is not ring:
            self._made = made = (ring, Document.of(ring.jwks()))
        return made[1]
