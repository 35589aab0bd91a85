"""Parses and verifies the Response to an AuthnRequest: SAML Profiles, section 4.1.4.3.

python3-saml accepts a Response that names no request, no recipient or no audience. It compares addresses by their
beginning, and reads the status before the signature is verified. The checks below close each of these gaps.
"""

import binascii
from collections.abc import Callable
from typing import Any

import xmlsec
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Fault
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from relying_parties.samples.saml.identity import ASSERTION, query
from relying_parties.samples.saml.problems import Malformed, Refused, Undecipherable, UnknownAnswer, Untrusted

PROTOCOL = OneLogin_Saml2_Constants.NS_SAMLP


class SignedByAnUnknownKey(Untrusted):
    """No known key verifies the signature. The identity provider may have a new key."""

    def __init__(self, *, heading: str = "Connexion impossible") -> None:
        super().__init__("Signature validation failed.", code=Fault.INVALID_SIGNATURE, heading=heading)


def parse(settings: OneLogin_Saml2_Settings, posted: str) -> OneLogin_Saml2_Response:
    """The posted Response, decrypted if necessary. It is not verified yet.

    Raises:
        SignInError: it cannot be parsed or decrypted.
    """
    try:
        return OneLogin_Saml2_Response(settings, posted)
    except (etree.XMLSyntaxError, binascii.Error) as wrong:
        raise Malformed(str(wrong)) from wrong
    except (xmlsec.Error, Fault, OneLogin_Saml2_Error, TypeError) as wrong:
        raise Undecipherable from wrong  # decryption raises each of them; TypeError when the content is not an element
    except ValueError as wrong:  # a DTD, an entity, or text that is not ASCII
        raise Malformed(str(wrong)) from wrong


def verify(
    response: OneLogin_Saml2_Response,
    auth: OneLogin_Saml2_Auth,
    request_data: dict[str, Any],
    is_awaited: Callable[[str], bool],
) -> None:
    """Verify that the identity provider sent `response` to us, now, for a request that `is_awaited`.

    Raises:
        SignInError: a check failed, or the response reports a failed login.
    """
    settings = auth.get_settings()
    document = response.document
    request_id = document.get("InResponseTo")
    if document.tag != f"{{{PROTOCOL}}}Response":
        raise Malformed(f"La racine est {etree.QName(document).localname}.")
    # Checked before any content is used or shown, an error included: any site could have our page show its message.
    if not request_id or not is_awaited(request_id):
        raise UnknownAnswer
    _verify_message_signature(response, settings)
    _refuse_refusal(document)
    try:
        response.is_valid(request_data, request_id, raise_exceptions=True)
    except Fault as wrong:
        raise Untrusted(str(wrong), code=wrong.code) from wrong
    except (OneLogin_Saml2_Error, etree.Error, xmlsec.Error, ValueError) as wrong:
        raise Untrusted(str(wrong)) from wrong
    _verify_bearer(response, settings, request_id=request_id)


def _verify_message_signature(response: OneLogin_Saml2_Response, settings: OneLogin_Saml2_Settings) -> None:
    document = response.document
    identifiers = document.xpath("//@ID")
    if len(identifiers) != len(set(identifiers)):
        raise Untrusted("Two elements have the same ID.")
    try:
        signed = response.process_signed_elements()
    except Fault as wrong:
        raise Untrusted(str(wrong), code=wrong.code) from wrong
    if f"{{{PROTOCOL}}}Response" not in signed:
        raise Untrusted("The Response is not signed.", code=Fault.NO_SIGNED_MESSAGE)
    if not OneLogin_Saml2_Utils.validate_sign(
        document,
        xpath=OneLogin_Saml2_Utils.RESPONSE_SIGNATURE_XPATH,
        multicerts=settings.get_idp_data()["x509certMulti"]["signing"],
    ):
        raise SignedByAnUnknownKey


def _refuse_refusal(document: Any) -> None:
    """Core 3.2.2.2: unless the first code is Success, the second gives the reason."""
    codes = tuple(query(document, "/samlp:Response/samlp:Status//samlp:StatusCode/@Value"))
    if codes[:1] != (OneLogin_Saml2_Constants.STATUS_SUCCESS,):
        message = query(document, "/samlp:Response/samlp:Status/samlp:StatusMessage/text()")
        raise Refused(codes, "".join(message))


def _verify_bearer(response: OneLogin_Saml2_Response, settings: OneLogin_Saml2_Settings, *, request_id: str) -> None:
    """Profiles 4.1.4.2: the required content of a bearer assertion, compared exactly."""
    document = response.get_xml_document()
    address, entity_id = (settings.get_sp_data()[name] for name in ("assertionConsumerService", "entityId"))
    address = address["url"]
    if document.get("Destination") != address:  # Bindings 3.5.5.2: a signed message has a Destination
        raise Untrusted(f"Destination is {document.get('Destination')!r}.", code=Fault.WRONG_DESTINATION)
    confirmations = query(
        document,
        f"{ASSERTION}/saml:Subject/saml:SubjectConfirmation[@Method='{OneLogin_Saml2_Constants.CM_BEARER}']"
        "/saml:SubjectConfirmationData",
    )
    if not any(
        one.get("Recipient") == address and one.get("InResponseTo") == request_id and one.get("NotOnOrAfter")
        for one in confirmations
    ):
        raise Untrusted(
            "No SubjectConfirmationData has our Recipient, InResponseTo and NotOnOrAfter.",
            code=Fault.WRONG_SUBJECTCONFIRMATION,
        )
    if entity_id not in response.get_audiences():
        raise Untrusted("No AudienceRestriction names this application.", code=Fault.WRONG_AUDIENCE)
