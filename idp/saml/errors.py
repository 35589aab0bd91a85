"""The faults of SAML messages, and the status of a SAML response.

If the address to answer is not verified, the fault of a request is shown on a page
(`UntrustedRequest`, idp/web/untrusted_request.py). Otherwise the refusal is sent to the
service provider (`RefusedAtServiceProvider`, idp/saml/sso/errors.py).
"""

from dataclasses import dataclass
from enum import StrEnum

from idp.saml.vocabulary import StatusCode, TopStatus


class SamlFault(StrEnum):
    """Why a message is refused. The values are stable: support and developers quote them."""

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


LOGOUT_MESSAGES = {
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
"""The messages of the page for faults of logout messages; those of the faults themselves are about logins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The status of a response: Core, section 3.2.2."""

    top: TopStatus
    second: StatusCode | None = None
    message: str = ""
