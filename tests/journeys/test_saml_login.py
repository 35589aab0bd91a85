"""A login by SAML, from the service provider's button to its page, and single sign-on."""

import re
from base64 import b64decode
from datetime import datetime, timedelta

import pytest
from lxml import etree

from idp.sessions.acr import CLASS
from relying_parties.policy import AccessRule, AssuranceLevel
from relying_parties.registration.saml_sp import Encryption, NameIdKind, SignatureAlgorithm, SignedParts
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    Binding,
    EncryptionMethod,
    Endpoint,
    RequestedAttribute,
    SubjectIdentifierRequirement,
)
from tests.builders.registry import a_registration
from tests.builders.saml import CONSUMER, OTHER_CONSUMER, encryption_key
from tests.fixtures.saml import ATTRIBUTES, registers

PASSWORD = CLASS[AssuranceLevel.PASSWORD]
MERELY_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
TWO_FACTORS = CLASS[AssuranceLevel.TWO_FACTORS]
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
GIVEN_NAME, MAIL = "urn:oid:2.5.4.42", "urn:oid:0.9.2342.19200300.100.1.3"


def contexts(*classes: str, comparison: str | None = None) -> str:
    """RequestedAuthnContext."""
    said = f' Comparison="{comparison}"' if comparison else ""
    refs = "".join(f"<saml:AuthnContextClassRef>{each}</saml:AuthnContextClassRef>" for each in classes)
    return f"<samlp:RequestedAuthnContext{said}>{refs}</samlp:RequestedAuthnContext>"


def policy(**attributes: str) -> str:
    """NameIDPolicy."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<samlp:NameIDPolicy{said}/>"


def subject(name_id: str, **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<saml:Subject><saml:NameID{said}>{name_id}</saml:NameID></saml:Subject>"


# --- from the button to the page -------------------------------------------------------


def test_a_professional_logs_in_to_a_service_provider_by_password(browser, jeanne, messagerie):
    page = browser.visits(messagerie.asks(relay_state="/boite?dossier=12&page=2"))
    assert page.status == 200
    assert "Messagerie sécurisée" in page.text
    assert page.asks_for("login", "password")

    signed_on = messagerie.signs_on(browser.gives(jeanne))

    assert signed_on.context == PASSWORD
    assert signed_on.name_id_format == PERSISTENT
    assert signed_on.name_qualifier == messagerie.idp_entity_id
    assert signed_on.sp_name_qualifier == messagerie.entity_id
    assert signed_on.relay_state == "/boite?dossier=12&page=2"
    assert signed_on.attributes == {
        GIVEN_NAME: ["Jeanne"],
        "urn:oid:2.5.4.4": ["Dupont"],
        MAIL: ["jeanne.dupont@exemple.test"],
        "urn:oid:1.2.250.1.71.1.2.7": ["10^1.2.250.1.71.1.2.7"],
    }


def test_the_answer_is_a_form_with_a_button_and_a_form_action_for_the_consumer(browser, jeanne, messagerie):
    """Bindings 3.5.4. The button works without script, and the policy allows only the consumer."""
    page = browser.logs_in(jeanne, to=messagerie)
    form = page.form_with("SAMLResponse")
    assert form.button.strip()
    directives = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
    assert directives["form-action"] == "'self' https://messagerie.example"
    assert directives["script-src"] == "'self'"
    assert page.headers["Cache-Control"] == "no-store"


def test_one_login_opens_both_protocols(browser, jeanne, dcc, messagerie):
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    before = len(browser.exchanges)
    page = browser.visits(messagerie.asks())
    assert [seen.status for seen in browser.exchanges[before:]] == [200]
    assert messagerie.signs_on(page).name_id


def test_a_request_may_be_posted_from_another_site(browser, jeanne, messagerie):
    """Bindings 3.5: the POST comes without our cookies, sets the one of the login it begins, and a GET of ours has all.

    A browser takes it, since the whole window went there (tests/pages/test_saml_journeys.py).
    """
    browser.logs_in(jeanne, to=messagerie)
    page = browser.is_made_to_post(messagerie.address, **messagerie.posts(relay_state="x", signed=True))
    assert messagerie.signs_on(page).relay_state == "x"
    (posted,) = [seen for seen in browser.exchanges if seen.method == "POST" and "/saml/" in seen.url]
    (cookie,) = posted.cookies_set
    assert cookie.startswith("__Secure-idp-login-")
    assert f"Path={posted.location}" in cookie.split("; ")


def test_a_request_may_be_signed_in_its_query(browser, jeanne, messagerie):
    """Bindings 3.4.4.1."""
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, relay_state="a b+c&d", signed=True))


def test_a_signature_over_lower_case_escapes_is_verified_as_sent(browser, jeanne, messagerie):
    """Bindings 3.4.4.1: over the octets sent. ADFS and .NET escape in lower case (pysaml2 #957)."""
    address, _, query = messagerie.asks(relay_state="/a?b=c").partition("?")
    lowered = re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), query)
    browser.visits(f"{address}?{messagerie.signed_query(lowered)}")
    assert messagerie.signs_on(browser.gives(jeanne)).relay_state == "/a?b=c"


def test_the_login_is_audited(browser, jeanne, messagerie, idp):
    before = len(idp.trail())
    browser.logs_in(jeanne, to=messagerie)
    browser.visits(messagerie.asks())
    assert idp.trail()[before:] == ["login.succeeded", "sign-in.answered", "sign-in.answered"]


def test_the_session_records_the_name_id_and_session_index_of_the_service_provider(browser, jeanne, messagerie, idp):
    """A logout in either direction needs them (Core 3.7.1)."""
    given = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    (sid,) = idp.services.sessions.named_by("messagerie", name_id=given.name_id, session_indexes=[given.session_index])
    (participation,) = idp.services.sessions.participations(sid)
    assert (participation.identifier, participation.protocol) == ("messagerie", "saml")
    assert participation.detail == {
        "name_id": given.name_id,
        "name_id_format": PERSISTENT,
        "sp_name_qualifier": messagerie.entity_id,
        "session_index": given.session_index,
    }


@pytest.fixture
def session_ends_meanwhile(browser, jeanne, messagerie, idp, monkeypatch):
    """Ends Jeanne's session between its check and the answer."""
    browser.logs_in(jeanne, to=messagerie)
    store = idp.app.extensions["idp"].store
    put_all_once = store.put_all_once

    def once_the_session_has_ended(*records, while_exist):
        store.delete(*while_exist)
        return put_all_once(*records, while_exist=while_exist)

    monkeypatch.setattr(store, "put_all_once", once_the_session_has_ended)


@pytest.mark.usefixtures("session_ends_meanwhile")
def test_a_session_that_ends_during_the_answer_is_not_used(browser, messagerie):
    page = browser.visits(messagerie.asks())
    assert not page.asks_for("SAMLResponse")
    assert page.asks_for("login", "password")


@pytest.mark.usefixtures("session_ends_meanwhile")
def test_a_passive_request_is_then_refused_without_a_page(browser, messagerie):
    """Core 3.4.1, IsPassive."""
    refused = messagerie.is_refused(browser.visits(messagerie.asks(IsPassive="true")))
    assert (refused.top, refused.second) == ("Responder", "NoPassive")


def test_another_worker_gives_the_same_identifiers(browser, jeanne, messagerie, idp):
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    with idp.another_worker() as worker:
        other = worker.a_browser()
        other.cookies = browser.cookies
        second = messagerie.signs_on(other.visits(messagerie.asks()))
        third = messagerie.signs_on(other.visits(messagerie.asks(inside=policy(Format=TRANSIENT))))
    fourth = messagerie.signs_on(browser.visits(messagerie.asks(inside=policy(Format=TRANSIENT))))
    assert (second.name_id, second.session_index) == (first.name_id, first.session_index)
    assert fourth.name_id == third.name_id


# --- where the answer goes ---------------------------------------------------------------


def test_the_consumer_is_the_one_of_the_request_by_url_by_index_or_by_default(browser, jeanne, messagerie):
    """Core 3.4.1."""
    browser.logs_in(jeanne, to=messagerie)
    nothing = {"AssertionConsumerServiceURL": None, "ProtocolBinding": None}
    for asked, to in [
        ({"AssertionConsumerServiceURL": OTHER_CONSUMER}, OTHER_CONSUMER),
        ({"AssertionConsumerServiceURL": OTHER_CONSUMER, "ProtocolBinding": None}, OTHER_CONSUMER),
        (nothing | {"AssertionConsumerServiceIndex": "1"}, OTHER_CONSUMER),
        (nothing | {"AssertionConsumerServiceIndex": "0"}, CONSUMER),
        (nothing, CONSUMER),
    ]:
        assert messagerie.signs_on(browser.visits(messagerie.asks(**asked)), to=to)


def test_the_default_consumer_is_the_one_with_is_default(browser, jeanne, idp):
    """Metadata 2.2.3. pysaml2 takes the first."""
    messagerie = registers(
        idp,
        assertion_consumer_services=(
            Endpoint(binding=Binding.POST, location=OTHER_CONSUMER, index=0),
            Endpoint(binding=Binding.POST, location=CONSUMER, index=1, is_default=True),
        ),
    )
    nothing = {"AssertionConsumerServiceURL": None, "ProtocolBinding": None}
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, **nothing), to=CONSUMER)


def test_the_form_action_includes_the_registered_origins(browser, jeanne, idp):
    messagerie = registers(idp, form_action_origins=("https://boite.example",))
    page = browser.logs_in(jeanne, to=messagerie)
    assert "form-action 'self' https://messagerie.example https://boite.example;" in (
        page.headers["Content-Security-Policy"] + ";"
    )


# --- signed and encrypted ----------------------------------------------------------------


@pytest.mark.parametrize("signed_parts", SignedParts)
@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_the_registered_parts_are_signed_with_the_registered_algorithm(browser, jeanne, idp, signed_parts, algorithm):
    messagerie = registers(idp, signed_parts=signed_parts, signature_algorithm=algorithm)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    root = etree.fromstring(signed_on.xml)
    methods = {method.get("Algorithm") for method in root.iter("{http://www.w3.org/2000/09/xmldsig#}SignatureMethod")}
    assert methods == {f"http://www.w3.org/2001/04/xmldsig-more#{algorithm}"}


def test_want_assertions_signed_in_the_metadata_overrides_the_registration(browser, jeanne, idp):
    """Metadata 2.4.4."""
    messagerie = registers(idp, signed_parts=SignedParts.RESPONSE, want_assertions_signed=True)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert signed_on.find("saml:Assertion/ds:Signature") is not None


@pytest.mark.parametrize("signed_parts", SignedParts)
def test_an_assertion_is_encrypted_if_the_metadata_have_a_key(browser, jeanne, idp, signed_parts):
    messagerie = registers(idp, signed_parts=signed_parts, encryption_keys=(encryption_key(),))
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    assert "Jeanne" not in etree.tostring(etree.fromstring(b64decode(encoded))).decode()
    assert messagerie.signs_on(page).attributes[GIVEN_NAME] == ["Jeanne"]


def test_the_ciphers_are_those_of_the_metadata(browser, jeanne, idp):
    """Metadata 2.4.1.1, EncryptionMethod."""
    reads = EncryptionMethod(algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm")
    messagerie = registers(idp, encryption_keys=(encryption_key(methods=(reads,)),))
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    method = etree.fromstring(b64decode(encoded)).find(".//{http://www.w3.org/2001/04/xmlenc#}EncryptionMethod")
    assert method is not None
    assert method.get("Algorithm") == reads.algorithm
    assert messagerie.signs_on(page)


def test_the_registration_may_disable_encryption(browser, jeanne, idp):
    messagerie = registers(idp, encryption=Encryption.NEVER, encryption_keys=(encryption_key(),))
    messagerie.wants_assertions_encrypted = False
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))


def test_only_the_name_id_may_be_encrypted(browser, jeanne, idp):
    """Core 2.2.4."""
    messagerie = registers(idp, encryption=Encryption.NEVER, encrypt_name_id=True, encryption_keys=(encryption_key(),))
    messagerie.wants_assertions_encrypted = False
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    assert b"EncryptedID" in b64decode(encoded)
    assert messagerie.signs_on(page).name_id


@pytest.mark.parametrize(
    "agreed",
    [
        {"encryption": Encryption.REQUIRED},
        {"encryption": Encryption.NEVER, "encrypt_name_id": True},
        {"encryption_keys": (encryption_key(methods=(EncryptionMethod(algorithm="urn:unknown"),)),)},
        {"encryption": Encryption.REQUIRED, "encryption_keys": (encryption_key("elliptic", kind="ec"),)},
    ],
    ids=["no key", "no key for the name", "no cipher in common", "no key that encrypts"],
)
def test_an_assertion_that_cannot_be_encrypted_is_not_sent(browser, jeanne, idp, agreed):
    """pysaml2 sends it in clear, unsigned."""
    messagerie = registers(idp, **agreed)
    before = len(idp.trail())
    refused = messagerie.is_refused(browser.logs_in(jeanne, to=messagerie))
    assert (refused.top, refused.second) == ("Responder", None)
    assert "sign-in.answered" not in idp.trail()[before:]


# --- who the person is -------------------------------------------------------------------


def test_a_persistent_id_is_stable_and_different_for_each_service_provider(browser, jeanne, idp, dcc):
    """Core 8.3.7."""
    messagerie = registers(idp)
    other = registers(idp, name="carnet", identifier="carnet", entity_id="https://carnet.example/")
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert messagerie.signs_on(browser.visits(messagerie.asks())).name_id == first.name_id
    assert other.signs_on(browser.visits(other.asks())).name_id != first.name_id
    assert dcc.signs_in(browser.visits(dcc.asks())).subject != first.name_id


def test_a_transient_id_changes_with_the_session(idp, jeanne, messagerie):
    """Core 8.3.8. pysaml2 keeps the same one for ever."""
    asked = {"inside": policy(Format=TRANSIENT)}
    browser = idp.a_browser()
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, **asked))
    assert first.name_id_format == TRANSIENT
    assert messagerie.signs_on(browser.visits(messagerie.asks(**asked))).name_id == first.name_id
    later = messagerie.signs_on(idp.a_browser().logs_in(jeanne, to=messagerie, **asked))
    assert later.name_id != first.name_id


def test_the_name_id_format_is_that_of_the_request_or_of_the_registration(browser, jeanne, idp):
    """Core 3.4.1.1: with unspecified, the identity provider chooses."""
    messagerie = registers(idp, name_id=NameIdKind.EMAIL)
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert (first.name_id_format, first.name_id) == (EMAIL, jeanne.email)
    unspecified = policy(Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", AllowCreate="true")
    assert messagerie.signs_on(browser.visits(messagerie.asks(inside=unspecified))).name_id == jeanne.email
    assert (
        messagerie.signs_on(browser.visits(messagerie.asks(inside=policy(Format=PERSISTENT)))).name_id_format
        == PERSISTENT
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"Format": "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"},
        {"Format": "urn:invented"},
        {"SPNameQualifier": "https://another.example/"},
    ],
)
def test_an_unsupported_name_id_policy_is_refused_with_its_status(browser, messagerie, asked):
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=policy(**asked))))
    assert (refused.top, refused.second) == ("Requester", "InvalidNameIDPolicy")


def test_allow_create_false_creates_no_identifier(browser, jeanne, messagerie):
    """Core 3.4.1.1."""
    forbids = {"inside": policy(Format=PERSISTENT, AllowCreate="false")}
    refused = messagerie.is_refused(browser.logs_in(jeanne, to=messagerie, **forbids))
    assert (refused.top, refused.second) == ("Requester", "InvalidNameIDPolicy")
    created = messagerie.signs_on(browser.visits(messagerie.asks()))
    assert messagerie.signs_on(browser.visits(messagerie.asks(**forbids))).name_id == created.name_id


def test_a_request_with_a_subject_is_answered_about_that_person_or_refused(idp, jeanne, paul, messagerie):
    """Core 3.4.1, Subject: the answer MUST NOT be about another person."""
    browser, pauls = idp.a_browser(), idp.a_browser()
    name = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).name_id
    about = {"inside": subject(name, Format=PERSISTENT)}
    assert messagerie.signs_on(browser.visits(messagerie.asks(**about))).name_id == name

    messagerie.signs_on(pauls.logs_in(paul, to=messagerie))
    assert pauls.visits(messagerie.asks(**about)).asks_for("login", "password")
    assert messagerie.signs_on(pauls.gives(jeanne)).name_id == name


@pytest.mark.parametrize(
    "asked",
    [
        subject("nobody-has-this-name", Format=PERSISTENT),
        subject("jdupont"),
        subject("jeanne.dupont@exemple.test", Format=PERSISTENT),
        subject("paul.martin@exemple.test", Format=EMAIL) + policy(Format=EMAIL),
        subject("_0", Format=TRANSIENT) + policy(Format=TRANSIENT),
        subject("_0", Format=TRANSIENT),
        "<saml:Subject><saml:BaseID/></saml:Subject>",
    ],
)
def test_an_unknown_subject_is_refused(browser, jeanne, messagerie, asked):
    """Core 3.4.1.4. pysaml2 does not check it."""
    browser.logs_in(jeanne, to=messagerie)
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=asked)))
    assert (refused.top, refused.second) == ("Requester", "UnknownPrincipal")


def test_an_identifier_of_another_service_provider_is_refused(browser, jeanne, idp, messagerie):
    other = registers(idp, name="carnet", identifier="carnet", entity_id="https://carnet.example/")
    name = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).name_id
    for asked in (
        subject(name, Format=PERSISTENT),
        subject(name, Format=PERSISTENT, SPNameQualifier=messagerie.entity_id),
        subject(name, Format=PERSISTENT, NameQualifier="https://another.example/"),
    ):
        assert other.is_refused(browser.visits(other.asks(inside=asked))).second == "UnknownPrincipal"


@pytest.mark.parametrize(
    ("required", "given"),
    [
        (SubjectIdentifierRequirement.SUBJECT_ID, {"subject-id"}),
        (SubjectIdentifierRequirement.PAIRWISE_ID, {"pairwise-id"}),
        (SubjectIdentifierRequirement.ANY, {"pairwise-id"}),
        (SubjectIdentifierRequirement.NONE, set()),
    ],
)
def test_required_subject_identifiers_are_released(browser, jeanne, idp, dcc, required, given):
    """Subject Identifier Attributes Profile 1.0."""
    registered = {"attributes": ATTRIBUTES | {"subject-id"}} if "subject-id" in given else {}
    messagerie = registers(idp, subject_identifier_requirement=required, **registered)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    start = "urn:oasis:names:tc:SAML:attribute:"
    found = {name.removeprefix(start): value for name, value in signed_on.attributes.items() if name.startswith(start)}
    assert set(found) == given
    if "pairwise-id" in found:
        assert found["pairwise-id"] == [f"{signed_on.name_id}@localhost"]
    if "subject-id" in found:
        assert found["subject-id"] == [f"{dcc.signs_in(browser.visits(dcc.asks())).subject}@localhost"]


def test_only_the_requested_attributes_are_released(browser, jeanne, idp):
    """Metadata 2.4.4.2; by URI or by short name, and by index (Core 3.4.1)."""
    messagerie = registers(
        idp,
        attribute_consuming_services=(
            AttributeConsumingService(index=0, attributes=(RequestedAttribute(name=GIVEN_NAME),)),
            AttributeConsumingService(
                index=1,
                attributes=(RequestedAttribute(name="mail"), RequestedAttribute(name="urn:oid:2.5.4.4", values=("X",))),
            ),
        ),
    )
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).attributes == {GIVEN_NAME: ["Jeanne"]}
    second = browser.visits(messagerie.asks(AttributeConsumingServiceIndex="1"))
    assert messagerie.signs_on(second).attributes == {MAIL: [jeanne.email]}
    unknown = browser.visits(messagerie.asks(AttributeConsumingServiceIndex="7"))
    assert messagerie.is_refused(unknown).top == "Requester"


def test_an_entity_category_requests_its_bundle_of_the_registered_attributes(browser, jeanne, idp):
    """REFEDS Personalized Access: the profession is registered but not requested, `subject-id` the reverse."""
    messagerie = registers(idp, entity_categories=("https://refeds.org/category/personalized",))
    given = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).attributes
    assert given == {GIVEN_NAME: ["Jeanne"], "urn:oid:2.5.4.4": [jeanne.family_name], MAIL: [jeanne.email]}


# --- how they proved it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        ("", PASSWORD),
        (contexts(PASSWORD), PASSWORD),
        (contexts(TWO_FACTORS, PASSWORD), PASSWORD),
        (
            contexts("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"),
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
        ),
        (contexts(PASSWORD, comparison="minimum"), PASSWORD),
        (contexts(TWO_FACTORS, comparison="maximum"), PASSWORD),
        (contexts("urn:unknown", PASSWORD), PASSWORD),
    ],
)
def test_the_stated_class_is_one_that_was_requested(browser, jeanne, messagerie, asked, stated):
    """Core 3.3.2.2.1."""
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, inside=asked)).context == stated


@pytest.mark.parametrize(
    "asked",
    [
        contexts("urn:unknown"),
        contexts(CLASS[AssuranceLevel.CARD], comparison="better"),
        "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>"
        "</samlp:RequestedAuthnContext>",
    ],
)
def test_an_unknown_context_is_refused_at_once(browser, messagerie, asked):
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=asked)))
    assert (refused.top, refused.second) == ("Responder", "NoAuthnContext")


@pytest.mark.parametrize("asked", [contexts(TWO_FACTORS), contexts(PASSWORD, comparison="better")])
def test_a_context_that_no_enabled_method_reaches_shows_a_page_with_a_return(browser, messagerie, asked):
    page = browser.visits(messagerie.asks(inside=asked))
    assert page.status == 403
    refused = messagerie.is_refused(page)
    assert (refused.top, refused.second) == ("Responder", "NoAuthnContext")


def test_force_authn_logs_in_again_and_states_the_new_instant(browser, jeanne, messagerie):
    """Core 3.4.1, ForceAuthn."""
    browser.logs_in(jeanne, to=messagerie)
    page = browser.visits(messagerie.asks(ForceAuthn="true"))
    assert page.asks_for("login", "password")
    assert messagerie.signs_on(browser.gives(jeanne))


def test_is_passive_shows_no_page(browser, jeanne, messagerie):
    """Core 3.4.1, IsPassive."""
    for asked in ({"IsPassive": "true"}, {"IsPassive": "1", "ForceAuthn": "1"}):
        refused = messagerie.is_refused(browser.visits(messagerie.asks(**asked, relay_state="kept")))
        assert (refused.top, refused.second, refused.relay_state) == ("Responder", "NoPassive", "kept")
    browser.logs_in(jeanne, to=messagerie)
    assert messagerie.signs_on(browser.visits(messagerie.asks(IsPassive="true")))


def test_is_passive_by_post_is_answered_after_a_get_with_cookies(browser, jeanne, messagerie):
    nobody = browser.is_made_to_post(messagerie.address, **messagerie.posts(IsPassive="true"))
    assert messagerie.is_refused(nobody).second == "NoPassive"
    browser.logs_in(jeanne, to=messagerie)
    someone = browser.is_made_to_post(messagerie.address, **messagerie.posts(IsPassive="true"))
    assert messagerie.signs_on(someone)


def test_a_person_without_entitlement_sees_a_page_and_returns_with_a_status(browser, paul, idp):
    messagerie = registers(idp, entry=AccessRule.ENTITLED)
    page = browser.logs_in(paul, to=messagerie)
    assert page.status == 403
    refused = messagerie.is_refused(page)
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")


def test_a_request_whose_idp_list_lacks_us_is_refused(browser, messagerie):
    """Core 3.4.1.2, Scoping."""

    def scoping(*providers: str, count: str = "0") -> str:
        entries = "".join(f'<samlp:IDPEntry ProviderID="{each}"/>' for each in providers)
        return f'<samlp:Scoping ProxyCount="{count}"><samlp:IDPList>{entries}</samlp:IDPList></samlp:Scoping>'

    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=scoping("https://another.example/"))))
    assert (refused.top, refused.second) == ("Responder", "NoSupportedIDP")
    accepted = browser.visits(messagerie.asks(inside=scoping("https://another.example/", messagerie.idp_entity_id)))
    assert accepted.asks_for("login", "password")


def test_an_assertion_is_valid_for_the_setting_or_the_requested_time_if_shorter(browser, jeanne, messagerie, clock):
    """Core 2.5.1 and 3.4.1, Conditions. pysaml2's default is an hour from the current second."""
    clock.move_to(1_800_000_000)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    issued = datetime.fromisoformat(signed_on.find("saml:Assertion").get("IssueInstant"))
    conditions = signed_on.find("saml:Assertion/saml:Conditions")
    assert datetime.fromisoformat(conditions.get("NotBefore")) == issued - timedelta(minutes=2)
    assert datetime.fromisoformat(conditions.get("NotOnOrAfter")) == issued + timedelta(minutes=5)
    asked = '<saml:Conditions NotOnOrAfter="2027-01-15T08:01:00Z"/>'
    shorter = messagerie.signs_on(browser.visits(messagerie.asks(inside=asked)))
    assert shorter.find("saml:Assertion/saml:Conditions").get("NotOnOrAfter") == "2027-01-15T08:01:00Z"


# --- begun here ----------------------------------------------------------------------------


def test_a_login_may_start_here_if_the_registration_allows_it(browser, jeanne, idp):
    """Profiles 4.1.5: no InResponseTo."""
    messagerie = registers(idp, idp_initiated=True)
    browser.visits(f"{idp.issuer}/saml/start/messagerie?target=/boite")
    signed_on = messagerie.signs_on(browser.gives(jeanne), unsolicited=True)
    assert signed_on.relay_state == "/boite"
    again = browser.visits(f"{idp.issuer}/saml/start/messagerie?target=https://messagerie.example/a%3Fb=c")
    assert messagerie.signs_on(again, unsolicited=True).relay_state == "https://messagerie.example/a?b=c"


def test_a_pending_login_is_answered_by_the_current_registration(browser, jeanne, idp):
    """The consumer was removed, or the application suspended, after the request."""
    messagerie = registers(idp)
    browser.visits(messagerie.asks(AssertionConsumerServiceURL=OTHER_CONSUMER))
    registers(idp, assertion_consumer_services=(Endpoint(binding=Binding.POST, location=CONSUMER, index=0),))
    idp.app.extensions["idp"].registry.by_identifier("nobody")
    with idp.another_worker() as worker:
        other = worker.a_browser()
        other.cookies, other.history = browser.cookies, browser.history
        assert other.gives(jeanne).status == 410


def test_an_application_may_use_both_protocols(browser, jeanne, idp):
    """It is one application for entitlements, audit and sessions."""
    both = registers(idp, name="dossier", identifier="dossier", oidc=a_registration().oidc)
    assert both.signs_on(browser.logs_in(jeanne, to=both))


# --- hosts as software writes them ----------------------------------------------------


@pytest.mark.parametrize("asked", ["https://SP_Test.example/saml/acs", "https://sp_test.example/saml/acs"])
def test_a_service_provider_is_answered_at_the_host_as_written_in_its_request(idp, browser, jeanne, asked):
    endpoints = (Endpoint(binding=Binding.POST, location="https://SP_Test.example/saml/acs", index=0),)
    provider = registers(idp, assertion_consumer_services=endpoints)
    provider.consumer = asked
    browser.visits(provider.asks())

    page = browser.gives(jeanne)

    signed_on = provider.signs_on(page)
    assert signed_on.find("saml:Assertion/saml:Subject//saml:SubjectConfirmationData").get("Recipient") == asked
    assert "form-action 'self' https:;" in page.headers["Content-Security-Policy"], (
        "a host with _ cannot be named there"
    )


def test_the_page_that_posts_to_an_application_sends_its_origin(browser, jeanne, messagerie):
    """With `no-referrer` a browser sends `Origin: null`, which many applications refuse."""
    asking = browser.visits(messagerie.asks())
    assert asking.headers["Referrer-Policy"] == "no-referrer"
    assert browser.gives(jeanne).headers["Referrer-Policy"] == "strict-origin"
    assert browser.visits(messagerie.asks()).headers["Referrer-Policy"] == "strict-origin"
