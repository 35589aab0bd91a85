"""Prevents: use of our private keys by strangers, and an oracle for what was encrypted for us.

The Subject of a request may be encrypted for us (Core 2.2.4 and 3.4.1). An EncryptedID has
the same effect as its NameID, and no more.
"""

import pytest
from lxml import etree

from idp.saml import encrypted_name_ids
from idp.saml.xmlsec.encryption import DecryptionRefused
from relying_parties.registration.saml_sp import WeakAlgorithm
from relying_parties.sp_metadata.service_provider import EncryptionKey, EncryptionMethod
from tests.builders.saml import encryption_key
from tests.builders.xml import encrypt_element
from tests.fixtures.saml import registers

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
AES_CBC = EncryptionMethod(algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc")
_DECLARED = [WeakAlgorithm.AES_CBC]


def ours(idp) -> EncryptionKey:
    """The encryption key in our metadata."""
    return EncryptionKey(certificate=idp.services.keys.ring().decryption_keys[0].certificate)


def encrypted(element: etree._Element, key: EncryptionKey, exceptions=()) -> str:
    return etree.tostring(encrypt_element(element, key, exceptions)).decode()


def a_name(value: str, tag: str = "NameID", **attributes: str) -> etree._Element:
    element = etree.Element(f"{{{SAML}}}{tag}", attributes, nsmap={"saml": SAML})
    element.text = value
    return element


def _with_last_value(xml: str, change) -> str:
    """The EncryptedID with other content and the same EncryptedKey."""
    start, tag, rest = xml.rpartition("<xenc:CipherValue>")
    value, end, after = rest.partition("</xenc:CipherValue>")
    return f"{start}{tag}{change(value)}{end}{after}"


def about(inside: str) -> str:
    return f"<saml:Subject>{inside}</saml:Subject>"


@pytest.fixture
def known(browser, jeanne, messagerie) -> str:
    """Jeanne's identifier with the messaging service, where she is logged in."""
    return messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).name_id


def test_an_encrypted_subject_is_decrypted(idp, known, jeanne, paul, messagerie):
    hers, his = idp.a_browser(), idp.a_browser()
    asked = {"signed": True, "inside": about(encrypted(a_name(known, Format=PERSISTENT), ours(idp)))}
    assert messagerie.signs_on(hers.logs_in(jeanne, to=messagerie, **asked)).name_id == known
    messagerie.signs_on(his.logs_in(paul, to=messagerie))
    assert his.visits(messagerie.asks(**asked)).asks_for("login", "password"), "it is not about the person who is here"
    assert messagerie.signs_on(his.gives(jeanne)).name_id == known


def test_an_encrypted_subject_by_post_is_decrypted(idp, browser, known, messagerie):
    inside = about(encrypted(a_name(known, Format=PERSISTENT), ours(idp)))
    page = browser.is_made_to_post(messagerie.address, **messagerie.posts(signed=True, inside=inside))
    assert messagerie.signs_on(page).name_id == known


def test_every_failure_has_the_same_answer(idp, browser, known, messagerie):
    """Prevents: an oracle. An unknown NameID and a failed decryption are answered alike."""
    key, right = ours(idp), a_name(known, Format=PERSISTENT)
    good = encrypted(right, key)
    cases = {
        "of nobody": encrypted(a_name("nobody"), key),
        "empty": encrypted(a_name(""), key),
        "of another provider": encrypted(a_name(known, NameQualifier="https://another.example/"), key),
        "of another service": encrypted(a_name(known, SPNameQualifier="https://another.example/"), key),
        "of a session": encrypted(a_name(known, Format=TRANSIENT), key),
        "an attribute": encrypted(a_name(known, "Attribute"), key).replace("EncryptedAttribute", "EncryptedID"),
        "an assertion": encrypted(a_name(known, "Assertion"), key).replace("EncryptedAssertion", "EncryptedID"),
        "for another": encrypted(right, encryption_key()),
        "in CBC": encrypted(right, EncryptionKey(certificate=key.certificate, methods=(AES_CBC,)), _DECLARED),
        "changed": _with_last_value(good, lambda value: ("B" if value[0] == "A" else "A") + value[1:]),
        "cut": _with_last_value(good, lambda value: value[:24]),
        "in clear": f"<saml:EncryptedID>{etree.tostring(right).decode()}</saml:EncryptedID>",
        "nothing": "<saml:EncryptedID/>",
        "by reference": good.replace("<xenc:CipherValue>", "<xenc:CipherReference URI='http://192.0.2.1/'/><xenc:X>", 1)
                            .replace("</xenc:CipherValue>", "</xenc:X>", 1),
    }  # fmt: skip
    refusals = {}
    for what, inside in cases.items():
        page = browser.visits(messagerie.asks(signed=True, inside=about(inside)))
        refused = messagerie.is_refused(page)
        refusals[what] = (refused.top, refused.second, refused.message)
    assert refusals == dict.fromkeys(cases, ("Requester", "UnknownPrincipal", refusals["of nobody"][2]))
    assert messagerie.signs_on(browser.visits(messagerie.asks(signed=True, inside=about(good)))).name_id == known


def test_an_unsigned_request_is_not_decrypted(idp, browser, known, messagerie, monkeypatch):
    """Anyone could send one in the name of a service provider, with a new EncryptedID each time."""
    used = []

    def counting(*_):
        used.append(1)
        raise DecryptionRefused

    monkeypatch.setattr(encrypted_name_ids, "decrypt_element", counting)
    inside = about(encrypted(a_name(known, Format=PERSISTENT), ours(idp)))
    assert messagerie.is_refused(browser.visits(messagerie.asks(inside=inside))).second == "UnknownPrincipal"
    assert used == []
    assert messagerie.is_refused(browser.visits(messagerie.asks(signed=True, inside=inside))).second
    assert used == [1]


def test_an_encrypted_id_of_another_service_provider_is_refused(idp, browser, known, messagerie):
    """Prevents: a service provider that learns about a person by repeating the EncryptedID of another."""
    other = registers(idp, name="carnet", identifier="carnet", entity_id="https://carnet.example/")
    inside = about(encrypted(a_name(known, Format=PERSISTENT), ours(idp)))
    assert other.is_refused(browser.visits(other.asks(signed=True, inside=inside))).second == "UnknownPrincipal"


def test_a_name_id_next_to_the_encrypted_id_is_not_ignored(idp, browser, known, messagerie):
    """Core 2.4.1 allows only one of them. The answer must not be about another person."""
    hidden = encrypted(a_name(known, Format=PERSISTENT), ours(idp))
    page = browser.visits(messagerie.asks(signed=True, inside=about(f"<saml:NameID>nobody</saml:NameID>{hidden}")))
    assert page.status == 400 or messagerie.is_refused(page).second == "UnknownPrincipal"
