"""What single logout needs of a protocol, and what can become of an application when a session ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from idp.sessions.session import Participation
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.application import Application


class LogoutChannel(StrEnum):
    """How an application can be told that a session has ended."""

    BACK_CHANNEL = "back-channel"  # from our server to its own
    FRONT_CHANNEL = "front-channel"  # by the person's browser, which goes there and comes back
    NONE = "none"


class Outcome(StrEnum):
    """What is known of an application once the session has ended here."""

    CLOSED = "closed"  # it has confirmed, or it is the one that asked
    TELLING = "telling"  # by back channel, for the first time
    RETRYING = "retrying"  # by back channel, again: it did not answer
    WAITING = "waiting"  # by front channel: the browser has not been there
    ASKED = "asked"  # by front channel: the browser is there
    UNCONFIRMED = "unconfirmed"  # it said that it could not, or did not send the browser back
    UNTOLD = "untold"  # it has no way to be told

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be expected in the next moment."""
        return self not in (Outcome.TELLING, Outcome.WAITING, Outcome.ASKED)


class NotReached(Exception):
    """The application's server did not answer as it should: trying again may help. The words name no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontChannelRequest:
    """A logout request that a browser takes to an application, and the identifier its answer will name."""

    message_id: str
    departure: ProtocolResponse


class LogoutProtocol(Protocol):
    """How a protocol takes part in single logout."""

    name: str
    tells_who_asks: bool  # whether the application that asks for a logout is told like the others

    def way(self, application: Application) -> LogoutChannel:
        """How this application can be told; it is what its registration says."""
        ...

    def tell(self, application: Application, participation: Participation, *, sid: str) -> bool:
        """Tell it by back channel; whether it has confirmed.

        Raises:
            NotReached: it may be tried again.
        """
        ...

    def ask(self, application: Application, participation: Participation, *, relay_state: str) -> FrontChannelRequest:
        """What the browser takes there, when the way is the front channel."""
        ...

    def answer(
        self, application: Application | None, asked: Mapping[str, Any], *, complete: bool
    ) -> ProtocolResponse | None:
        """What takes the person back to whoever asked for the logout by `asked`.

        `complete` says whether every other application has confirmed.
        """
        ...
