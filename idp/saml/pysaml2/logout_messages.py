"""Converts logout messages to plain values and back, with pysaml2. SAML V2.0 Core, section 3.7.

`adapter.py` does the same for logins. config/xml.py parses, and idp/saml/xmlsec signs and
encrypts. pysaml2's entity methods are not used: its LogoutRequest by `subject_id` fails at an
identity provider, and it never checks the signature of a LogoutResponse by HTTP-Redirect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from saml2 import saml, samlp

from idp.saml.errors import Status
from idp.saml.pysaml2.messages import MessageMalformed, NameId
from idp.saml.pysaml2.protocol_messages import issuer_of, message_of, name_id_from, status_code_of, status_element
from idp.saml.pysaml2.server import instant_of, new_id, tree_of
from idp.saml.vocabulary import SAMLP, TopStatus

REASON_USER = "urn:oasis:names:tc:SAML:2.0:logout:user"
MOST_INDEXES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequestMessage:
    """A LogoutRequest (Core, section 3.7.1). Its values are not checked yet.

    `name_id` is None if it is encrypted, or if another element names the principal.
    """

    identifier: str
    issuer: str
    issuer_format: str | None
    issue_instant: str
    destination: str | None
    not_on_or_after: str | None
    name_id: NameId | None
    session_indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutResponseMessage:
    """A LogoutResponse (Core, section 3.7.2). `top` and `second` are its status codes."""

    issuer: str
    issue_instant: str
    destination: str | None
    in_response_to: str | None
    top: str
    second: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequestData:
    """The content of a LogoutRequest that we send."""

    issuer: str
    destination: str
    name_id: NameId = field(repr=False)
    session_indexes: Sequence[str]
    made_at: datetime
    valid_until: datetime


def read_request(document: etree._Element) -> LogoutRequestMessage:
    """Read a LogoutRequest. The caller verifies its signature.

    Raises:
        MessageMalformed: the document is not a valid LogoutRequest.
        WrongVersion: it is not SAML 2.0.
    """
    message = message_of(samlp.LogoutRequest, document, f"{SAMLP}LogoutRequest")
    indexes = tuple((index.text or "").strip() for index in message.session_index or ())
    if len(indexes) > MOST_INDEXES:
        raise MessageMalformed("too many SessionIndex")
    return LogoutRequestMessage(
        identifier=message.id,
        issuer=issuer_of(message),
        issuer_format=message.issuer.format,
        issue_instant=message.issue_instant,
        destination=message.destination,
        not_on_or_after=message.not_on_or_after,
        name_id=None if message.name_id is None else name_id_from(message.name_id),
        session_indexes=indexes,
    )


def read_response(document: etree._Element) -> LogoutResponseMessage:
    """Read a LogoutResponse. The caller verifies its signature.

    Raises:
        MessageMalformed: the document is not a valid LogoutResponse.
        WrongVersion: it is not SAML 2.0.
    """
    message = message_of(samlp.LogoutResponse, document, f"{SAMLP}LogoutResponse")
    code = status_code_of(message)
    return LogoutResponseMessage(
        issuer=issuer_of(message),
        issue_instant=message.issue_instant,
        destination=message.destination,
        in_response_to=message.in_response_to,
        top=code.value,
        second=code.status_code.value if code.status_code else None,
    )


def make_request(data: LogoutRequestData) -> etree._Element:
    """A LogoutRequest, not signed yet."""
    return tree_of(
        samlp.LogoutRequest(
            id=new_id(),
            version="2.0",
            issue_instant=instant_of(data.made_at),
            destination=data.destination,
            not_on_or_after=instant_of(data.valid_until),
            reason=REASON_USER,
            issuer=saml.Issuer(text=data.issuer),
            name_id=saml.NameID(
                text=data.name_id.value,
                format=data.name_id.format or None,
                name_qualifier=data.name_id.name_qualifier or None,
                sp_name_qualifier=data.name_id.sp_name_qualifier or None,
            ),
            session_index=[samlp.SessionIndex(text=index) for index in data.session_indexes],
        )
    )


def make_response(
    *, issuer: str, destination: str | None, in_response_to: str, status: Status, made_at: datetime
) -> etree._Element:
    """A LogoutResponse, not signed yet. A partial logout has Success and the second code PartialLogout (3.7.3.2)."""
    return tree_of(
        samlp.LogoutResponse(
            id=new_id(),
            version="2.0",
            issue_instant=instant_of(made_at),
            destination=destination,
            in_response_to=in_response_to,
            issuer=saml.Issuer(text=issuer),
            status=status_element(status),
        )
    )


SUCCESS = Status(top=TopStatus.SUCCESS)
