"""A refusal that is sent to the service provider, at its verified assertion consumer service."""

from idp.saml.errors import Status
from idp.saml.sso.login_request import AuthnRequest


class RefusedAtServiceProvider(Exception):
    """The request is answered with `status`. `reason` is a code for the log."""

    def __init__(self, reason: str, status: Status, *, request: AuthnRequest) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request = request
