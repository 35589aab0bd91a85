"""The two ways a refusal leaves, and our words for the first.

    Unverified                   to nobody's address: a page of ours (idp/web/untrusted_request.py), with a `SamlFault`
    RefusedAtServiceProvider     to the verified assertion consumer service: a Response with a status

`reason` is a word for the journal; `message` is written for the application's developer and leaves.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from idp.saml.vocabulary import StatusCode, TopStatus

if TYPE_CHECKING:
    from idp.saml.sso.login_request import AuthnRequest


class SamlFault(StrEnum):
    """Why no service provider could be answered; stable words that support and developers can quote."""

    REQUEST_MISSING = "saml.request-missing"
    REQUEST_MALFORMED = "saml.request-malformed"
    REQUEST_TOO_LARGE = "saml.request-too-large"
    REQUEST_EXPIRED = "saml.request-expired"
    REQUEST_REPLAYED = "saml.request-replayed"
    PARAMETER_REPEATED = "saml.parameter-repeated"
    RELAY_STATE_TOO_LONG = "saml.relay-state-too-long"
    ISSUER_UNKNOWN = "saml.issuer-unknown"
    APPLICATION_SUSPENDED = "saml.application-suspended"
    METADATA_EXPIRED = "saml.metadata-expired"
    SIGNATURE_MISSING = "saml.signature-missing"
    SIGNATURE_WRONG = "saml.signature-wrong"
    DESTINATION_WRONG = "saml.destination-wrong"
    ARTIFACT_UNRESOLVED = "saml.artifact-unresolved"
    CONSUMER_UNREGISTERED = "saml.consumer-unregistered"
    LOGOUT_UNKNOWN = "saml.logout-unknown"
    RESPONSE_UNEXPECTED = "saml.response-unexpected"
    START_REFUSED = "saml.start-refused"
    TARGET_REFUSED = "saml.target-refused"


LOGOUT_WORDS = {
    str(fault): f"{fault}/logout"
    for fault in (
        SamlFault.REQUEST_MISSING,
        SamlFault.REQUEST_MALFORMED,
        SamlFault.REQUEST_TOO_LARGE,
        SamlFault.REQUEST_EXPIRED,
        SamlFault.REQUEST_REPLAYED,
        SamlFault.SIGNATURE_MISSING,
        SamlFault.SIGNATURE_WRONG,
        SamlFault.DESTINATION_WRONG,
    )
}
"""Whose sentences are shown where the message was to log out: those of the fault speak of a login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Core, section 3.2.2."""

    top: TopStatus
    second: StatusCode | None = None
    message: str = ""


class SamlError(Exception):
    """Anything that is refused while speaking SAML."""


class RefusedAtServiceProvider(SamlError):
    """The service provider is told, at its verified address. `reason` is a word for the journal."""

    def __init__(self, reason: str, status: Status, *, request: "AuthnRequest") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request = request
