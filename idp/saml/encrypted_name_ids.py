"""Decrypts NameIDs that service providers have encrypted for us: SAML V2.0 Core, section 2.2.4."""

from collections.abc import Sequence

from lxml import etree

from idp.keys.certificates import SigningIdentity
from idp.saml.pysaml2.messages import NameId
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.encryption import DecryptionRefused, decrypt_element
from relying_parties.registration.saml_sp import WeakAlgorithm


def decrypt_name_id(
    encrypted: etree._Element, keys: Sequence[SigningIdentity], exceptions: Sequence[WeakAlgorithm]
) -> NameId:
    """The NameID in an EncryptedID.

    Raises:
        DecryptionRefused: for any reason, also if the content is not a NameID.
    """
    decrypted = decrypt_element(encrypted, keys, exceptions)
    if decrypted.tag != f"{SAML}NameID" or len(decrypted):
        raise DecryptionRefused
    return NameId(
        value=(decrypted.text or "").strip(),
        format=decrypted.get("Format"),
        name_qualifier=decrypted.get("NameQualifier"),
        sp_name_qualifier=decrypted.get("SPNameQualifier"),
    )
