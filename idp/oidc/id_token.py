"""ID tokens that we sign, and those that come back as hints. JOSE by joserfc, with an explicit list of algorithms."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from json import JSONEncoder
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from config.strict_parsing import parse_json_object
from idp.keys.key_ring import Algorithm, KeyRing

ALGORITHMS = [str(algorithm) for algorithm in Algorithm]
LONGEST_HINT = 4_096

_SIGNING = JWSRegistry(algorithms=ALGORITHMS)
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def sign(claims: Mapping[str, Any], *, algorithm: Algorithm, ring: KeyRing, typ: str = "JWT") -> str:
    """A JWS with the current key, its `kid` in the header (RFC 7515 sections 3.1 and 4.1.4)."""
    key = ring.signing[algorithm]
    signed = f"{_header(algorithm, str(key.kid), typ)}.{_segment(_encode(claims).encode())}"
    signature = _SIGNING.get_alg(algorithm).sign(signed.encode("ascii"), key)
    return f"{signed}.{_segment(signature)}"


@lru_cache(maxsize=8)
def _header(algorithm: Algorithm, kid: str, typ: str) -> str:
    return _segment(_encode({"typ": typ, "alg": algorithm, "kid": kid}).encode())


def _segment(octets: bytes) -> str:
    """RFC 7515 section 2: base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def at_hash(access_token: str) -> str:
    """OpenID Connect Core 1.0, section 3.1.3.6; RS256 and ES256 both hash with SHA-256."""
    return _segment(hashlib.sha256(access_token.encode("ascii")).digest()[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokenHint:
    """An `id_token_hint`: an ID token that we signed. It may have expired."""

    subject: str
    client_id: str
    sid: str


def read_hint(token: str, *, issuer: str, ring: KeyRing) -> IdTokenHint | None:
    """Verify an `id_token_hint`: our issuer, our keys, our algorithms.

    OpenID Connect RP-Initiated Logout 1.0, section 2: an expired token is still a valid hint. Any other fault gives
    None, and so does a logout token.
    """
    if len(token) > LONGEST_HINT:
        return None
    try:
        _require_strict_json(token)
        claims = jwt.decode(token, ring.published, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, RecursionError):  # joserfc raises the last three for odd headers
        return None
    named = [claims.get(name) for name in ("sub", "aud", "sid")]
    if "events" in claims or claims.get("iss") != issuer or not all(isinstance(claim, str) for claim in named):
        return None
    subject, client_id, sid = map(str, named)
    return IdTokenHint(subject=subject, client_id=client_id, sid=sid)


def _require_strict_json(token: str) -> None:
    """Require I-JSON of header and claims (config/strict_parsing.py): joserfc reads whatever Python does.

    Raises:
        ValueError: they are not a JWS with such JSON (`InvalidJson`, `binascii.Error`).
    """
    header, claims, _ = token.split(".")
    for segment in (header, claims):
        parse_json_object(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
