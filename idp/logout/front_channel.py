"""Front-channel notifications: the person's browser goes to one application after the other, and comes back."""

from dataclasses import dataclass

from config.redis.store import fingerprint
from idp.logout.outcomes import Outcomes
from idp.logout.protocol import FrontChannelRequest, LogoutChannel, NotReached, Outcome, Protocols
from idp.logout.records import Logout, Logouts, LogoutTarget
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTarget:
    """The next application that the browser goes to, with the logout request that it takes there."""

    target: LogoutTarget
    response: ProtocolResponse


class FrontChannel:
    """Chooses the next application, and receives the responses."""

    def __init__(self, *, logouts: Logouts, outcomes: Outcomes, registry: Registry, protocols: Protocols) -> None:
        self._logouts = logouts
        self._outcomes = outcomes
        self._registry = registry
        self._protocols = protocols

    def next_target(self, logout: Logout) -> NextTarget | None:
        """The next application that the browser goes to; None when there is none left.

        An application that the browser was sent to, and that has not responded, becomes unconfirmed, since the
        browser is here again. Its response still counts if it comes later.
        """
        key = fingerprint(logout.identifier)
        for visited in logout.targets:
            if visited.outcome is Outcome.REDIRECTED:
                self._outcomes.record(key, visited, Outcome.UNCONFIRMED, LogoutChannel.FRONT_CHANNEL)
        while (target := logout.first_with(Outcome.WAITING)) is not None:
            if target.sid == logout.browser_sid and (request := self._request(target, logout)) is not None:
                self._logouts.await_response(request.message_id, logout, target)
                self._outcomes.save(key, target, Outcome.REDIRECTED)
                return NextTarget(target=target, response=request.response)
            self._outcomes.record(key, target, Outcome.NOT_NOTIFIED, LogoutChannel.FRONT_CHANNEL)
            logout = self._logouts.reload(logout)
        return None

    def _request(self, target: LogoutTarget, logout: Logout) -> FrontChannelRequest | None:
        """The logout request for a target; None when its application was changed, or no request can be made for it."""
        application = self._registry.by_identifier(target.participation.identifier)
        protocol = self._protocols(target.participation.protocol)
        if application is None or protocol is None or protocol.channel(application) is not LogoutChannel.FRONT_CHANNEL:
            return None
        try:
            return protocol.front_channel_request(application, target.participation, relay_state=logout.identifier)
        except NotReached:
            return None

    def receive_response(self, message_id: str, *, by: str, confirmed: bool) -> Logout | None:
        """Record the response of the application `by` to the request `message_id`, and return its logout.

        None when no response to this request is awaited from this application, or it was received before.
        """
        found = self._logouts.take_awaited(message_id, by=by)
        if found is None:
            return None
        logout, target = found
        outcome = Outcome.CLOSED if confirmed else Outcome.UNCONFIRMED
        self._outcomes.record(fingerprint(logout.identifier), target, outcome, LogoutChannel.FRONT_CHANNEL)
        return logout
