"""A refusal that goes back to the service provider, at its verified assertion consumer service."""

from idp.saml.errors import Status
from idp.saml.sso.login_request import AuthnRequest


class RefusedAtServiceProvider(Exception):
    """The request is answered with a status. `reason` is a word for the log; the status is sent."""

    def __init__(self, reason: str, status: Status, *, request: AuthnRequest) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request = request
