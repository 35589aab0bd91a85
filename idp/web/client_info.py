"""The sender of a request, for the audit trail and the rate limits."""

from dataclasses import dataclass
from typing import Self

from flask import Request

LONGEST_USER_AGENT = 400  # characters: what the audit trail keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """The address and the user agent of an HTTP client."""

    address: str
    agent: str

    @classmethod
    def of(cls, request: Request) -> Self:
        environ = request.environ
        return cls(
            address=environ.get("REMOTE_ADDR", ""), agent=environ.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT]
        )
