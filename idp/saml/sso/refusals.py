"""The status of each refusal that is sent to a service provider: Core, section 3.2.2.2."""

from collections.abc import Mapping

from idp.login.request import Refusal
from idp.login.requirements import UnmetRequirement
from idp.saml.errors import Status
from idp.saml.vocabulary import StatusCode, TopStatus

NO_IDENTIFIER = Status(
    top=TopStatus.REQUESTER,
    second=StatusCode.INVALID_NAMEID_POLICY,
    message="this person has no identifier for you yet, and AllowCreate is false",
)
ANOTHER_SUBJECT = Status(
    top=TopStatus.REQUESTER,
    second=StatusCode.UNKNOWN_PRINCIPAL,
    message="the person who logged in is not the one in Subject",
)
NO_ENCRYPTION_KEY = Status(
    top=TopStatus.RESPONDER,
    message="the assertion must be encrypted, and your metadata have no key with an algorithm that we support",
)

REFUSALS: Mapping[Refusal, Status] = {
    Refusal.LOGIN_REQUIRED: Status(
        top=TopStatus.RESPONDER,
        second=StatusCode.NO_PASSIVE,
        message="the person must log in, and IsPassive forbids a page",
    ),
    Refusal.CHOICE_REQUIRED: Status(
        top=TopStatus.RESPONDER,
        second=StatusCode.NO_PASSIVE,
        message="the person must confirm who they are, and IsPassive forbids a page",
    ),
    Refusal.INTERACTION_REQUIRED: Status(
        top=TopStatus.RESPONDER,
        second=StatusCode.NO_PASSIVE,
        message="the person must complete another step first, and IsPassive forbids a page",
    ),
    Refusal.ENTRY_REFUSED: Status(
        top=TopStatus.RESPONDER,
        second=StatusCode.REQUEST_DENIED,
        message="the person is not entitled to this application",
    ),
    Refusal.ASSURANCE_UNREACHABLE: Status(
        top=TopStatus.RESPONDER,
        second=StatusCode.NO_AUTHN_CONTEXT,
        message="no enabled login method reaches the required assurance",
    ),
}

_LOGIN_ON_PAGE = Status(
    top=TopStatus.RESPONDER, second=StatusCode.AUTHN_FAILED, message="the person must log in on the sign-on page"
)
_STEP_ON_PAGE = Status(
    top=TopStatus.RESPONDER,
    second=StatusCode.AUTHN_FAILED,
    message="the person must complete another step on the sign-on page, for example change their password",
)
_ANOTHER_PERSON = Status(top=TopStatus.RESPONDER, second=StatusCode.UNKNOWN_PRINCIPAL, message=ANOTHER_SUBJECT.message)
_MORE_THAN_A_PASSWORD = Status(
    top=TopStatus.RESPONDER,
    second=StatusCode.NO_AUTHN_CONTEXT,
    message="the request needs more than a password, and enhanced clients only send a password",
)

REFUSALS_OF_ENHANCED_CLIENTS: Mapping[Refusal, Status] = {
    Refusal.LOGIN_REQUIRED: _LOGIN_ON_PAGE,
    Refusal.CHOICE_REQUIRED: _LOGIN_ON_PAGE,
    Refusal.INTERACTION_REQUIRED: _STEP_ON_PAGE,
    Refusal.ENTRY_REFUSED: REFUSALS[Refusal.ENTRY_REFUSED],
    Refusal.ASSURANCE_UNREACHABLE: _MORE_THAN_A_PASSWORD,
}


def refusal_of_enhanced_client(requirement: UnmetRequirement) -> Status:
    """The status for a client that cannot show the page which this requirement needs."""
    match requirement:
        case UnmetRequirement.SAME_PERSON:
            return _ANOTHER_PERSON
        case UnmetRequirement.ASSURANCE:
            return _MORE_THAN_A_PASSWORD
        case _:
            return REFUSALS_OF_ENHANCED_CLIENTS[requirement.refusal]
