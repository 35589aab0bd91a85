"""The interface of a protocol of single logout, and the outcomes of a logout for an application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from idp.sessions.participation import Participation
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.application import Application


class LogoutChannel(StrEnum):
    """How an application is notified that a session has ended."""

    BACK_CHANNEL = "back-channel"  # our server sends a request to the application's server
    FRONT_CHANNEL = "front-channel"  # the person's browser goes to the application and comes back
    NONE = "none"


class Outcome(StrEnum):
    """The state of an application after its session here has ended."""

    CLOSED = "closed"  # it has confirmed, or it requested the logout
    NOTIFYING = "notifying"  # by back channel, for the first time
    RETRYING = "retrying"  # by back channel, again: its server did not respond
    WAITING = "waiting"  # by front channel: the browser has not been sent to it yet
    REDIRECTED = "redirected"  # by front channel: the browser was sent to it, and has not come back
    UNCONFIRMED = "unconfirmed"  # it could not end its session, or did not send the browser back
    NOT_NOTIFIED = "not-notified"  # it has no channel


class NotReached(Exception):
    """The application's server did not respond as it should; a retry may succeed. The message names no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontChannelRequest:
    """A logout request that the browser takes to an application. The application's response names `message_id`."""

    message_id: str
    response: ProtocolResponse


class LogoutProtocol(Protocol):
    """How a protocol takes part in single logout."""

    name: str
    notifies_initiator: bool  # whether the application that requested the logout is notified like the others

    def channel(self, application: Application) -> LogoutChannel:
        """The channel by which this application is notified, from its registration."""
        ...

    def notify(self, application: Application, participation: Participation, *, sid: str) -> bool:
        """Notify the application by back channel, and return whether it has confirmed.

        Raises:
            NotReached: a retry may succeed.
        """
        ...

    def front_channel_request(
        self, application: Application, participation: Participation, *, relay_state: str
    ) -> FrontChannelRequest:
        """The request that the browser takes to an application whose channel is the front channel.

        Raises:
            NotReached: no request can be made for this application.
        """
        ...

    def answer(
        self, application: Application | None, request: Mapping[str, Any], *, complete: bool
    ) -> ProtocolResponse | None:
        """The response to the application that requested the logout (`ReturnTo.request`).

        `complete`: every other application has confirmed. None when the application has no address for it.
        """
        ...


class SubjectLogoutProtocol(Protocol):
    """How an application is told to end every session of a subject."""

    def notify_of_subject(self, application: Application, subject: str, *, at: int) -> bool:
        """Notify the application by back channel, and return whether it has confirmed.

        `at` is when the sessions became void, in seconds since 1970.

        Raises:
            NotReached: a retry may succeed.
        """
        ...


Protocols = Callable[[str], LogoutProtocol | None]
"""A protocol by its name, or None when this installation does not have it."""
