"""A logout request in the terms of both protocols, and the return to the application that sent it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from idp.sessions.session import Session
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application


class ReturnPolicy(StrEnum):
    """When the browser returns to the application by itself. Otherwise the result page has a link to it."""

    ALWAYS = "always"  # the application ends its own session by our response
    WHEN_COMPLETE = "when-complete"  # otherwise the person must first read which applications may still be open
    BY_LINK = "by-link"  # the person confirmed the logout here, and decides here


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTo:
    """The application to return to after the logout. `request` is what its protocol needs for the response."""

    protocol: str
    identifier: str
    policy: ReturnPolicy
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedReturn:
    """Why the browser cannot return to the application: a stable code, and the reference of the fault record."""

    code: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A logout request that has been read. Only what its fields say has been verified.

    `message` is the protocol's own text, from which the request is read again once the person has confirmed.
    `sid` names the session that the request proves to mean, by the name that `application` knows. `refused_return`
    says why the browser will not be sent to the return address of the request.
    """

    message: str = ""
    protocol: str = ""
    application: Application | None = None
    sid: str | None = None
    return_url: str | None = None
    refused_return: UntrustedRequest | None = None
    languages: tuple[str, ...] = ()

    def proves(self, session: Session) -> bool:
        """Whether the request proves that its application means this session."""
        return (
            self.sid is not None
            and self.application is not None
            and self.sid == session.known_as(self.application.identifier)
        )
