"""The `claims` request parameter: OpenID Connect Core 1.0, section 5.5."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.strict_parsing import InvalidJson, parse_json_object
from idp.oidc.errors import OAuthError, RequestError


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The individual claims an application asks for, by name; None where it sent no such member."""

    id_token: dict[str, Any] | None = None
    userinfo: dict[str, Any] | None = None

    def id_token_values(self, claim: str) -> frozenset[str] | None:
        """Section 5.5.1: the values among which `claim` of the ID token must be; None when any value will do.

        Raises:
            RequestError: `value` and `values` are malformed, or contradict each other.
        """
        request = self._request(claim)
        value, values = request.get("value"), request.get("values")
        if value is None and values is None:
            return None
        requested = [value] if values is None else values
        if not isinstance(requested, list) or not requested or not all(isinstance(each, str) for each in requested):
            raise RequestError(
                OAuthError.INVALID_REQUEST, f"value or values of {claim} in claims must be a text, or a list of them"
            )
        if value is not None and value not in requested:
            raise RequestError(
                OAuthError.INVALID_REQUEST, f"value and values of {claim} in claims contradict each other"
            )
        return frozenset(requested if value is None else [value])

    def is_essential(self, claim: str) -> bool:
        """Section 5.5.1: whether `claim` of the ID token is requested as essential."""
        return bool(self._request(claim).get("essential"))

    def _request(self, claim: str) -> Mapping[str, Any]:
        return (self.id_token or {}).get(claim) or {}


def read_claims(text: str | None) -> ClaimsRequest:
    """Section 5.5: a JSON object of two objects, whose members are null or objects.

    Raises:
        RequestError
    """
    if text is None:
        return ClaimsRequest()
    try:
        claims = parse_json_object(text)
    except InvalidJson as wrong:
        raise RequestError(OAuthError.INVALID_REQUEST, f"claims cannot be read: {wrong}") from None
    if not all(_is_member(claims.get(name, {})) for name in ("id_token", "userinfo")):
        raise RequestError(
            OAuthError.INVALID_REQUEST, "claims is not the JSON object that Core 1.0 section 5.5 describes"
        )
    return ClaimsRequest(id_token=claims.get("id_token"), userinfo=claims.get("userinfo"))


def _is_member(member: object) -> bool:
    return isinstance(member, dict) and all(value is None or isinstance(value, dict) for value in member.values())
