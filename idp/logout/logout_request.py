"""A request to log out as the pages understand it, whichever protocol it came by, and the way back from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from idp.sessions.session import Session
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application


class ReturnPolicy(StrEnum):
    """When the person goes back to the application by themselves, and when the page stays for them to read."""

    ALWAYS = "always"  # its own session ends by our answer
    WHEN_COMPLETE = "when-complete"  # nothing may be left open that the page would have named
    BY_LINK = "by-link"  # the person was asked here, and decides here


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTo:
    """Where the person goes when all is done: the application, its protocol, and what that needs to answer."""

    protocol: str
    identifier: str
    going: ReturnPolicy
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedReturn:
    """There is no way back to the application: the stable word for why, and the reference of its fault record."""

    code: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A logout request, read; nothing in it is trusted beyond what its fields say.

    `message` is the protocol's own text, from which the same request can be read
    again once the person has confirmed. `sid` is the session that it was shown to mean,
    by the name that `application` knows it by. `refused_return` says of the address it wanted to
    be gone back to why nobody is sent there.
    """

    message: str = ""
    protocol: str = ""
    application: Application | None = None
    sid: str | None = None
    return_url: str | None = None
    refused_return: UntrustedRequest | None = None
    languages: tuple[str, ...] = ()

    def certainly_for(self, session: Session) -> bool:
        """Whether the application has shown that it means this session."""
        return (
            self.sid is not None
            and self.application is not None
            and self.sid == session.known_as(self.application.identifier)
        )
