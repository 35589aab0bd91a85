"""What a Response of ours says, whatever it is, and how it is protected, for tests of what is signed."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from idp.attribute_release import SamlAttribute
from idp.saml.pysaml2.adapter import SamlProvider
from idp.saml.pysaml2.response.template import ResponseTemplates
from idp.saml.pysaml2.response.tree import response_tree
from idp.saml.pysaml2.response.values import ResponseValues
from idp.saml.sign_encrypt import Protection
from relying_parties.sp_metadata.service_provider import EncryptionKey
from tests.builders.key_rotation import saml_terms
from tests.builders.xml import an_identity

PROVIDER = SamlProvider(
    entity_id="https://idp.exemple.test/saml/metadata",
    issuer="https://idp.exemple.test",
    clock_skew=timedelta(minutes=2),
)
VALUES = ResponseValues(
    response_id="_r",
    assertion_id="_a",
    issue_instant="2026-01-05T09:00:00Z",
    service_provider="https://dcc.exemple.test/saml",
    consumer_url="https://dcc.exemple.test/saml/acs",
    in_response_to="_asked",
    name_id="n-1",
    name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    name_qualifier="https://idp.exemple.test/saml/metadata",
    sp_name_qualifier="https://dcc.exemple.test/saml",
    class_ref="urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    authn_instant="2026-01-05T08:59:00Z",
    session_index="_index",
    session_end="2026-01-05T13:00:00Z",
    not_before="2026-01-05T08:58:00Z",
    not_on_or_after="2026-01-05T09:05:00Z",
)
OPTIONAL = ("in_response_to", "name_id_format", "name_qualifier", "sp_name_qualifier")

# what XML can hold and what it must escape: markup like ours, line ends and blanks of every kind, accents, other planes
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r\x7f\x85\u2028\xa0&<>\"']\U0001d11eé"),
    min_size=1,
) | st.sampled_from(
    [
        '</saml:NameID><saml:NameID>"&',
        '" xml:lang="fr',
        "<?cut?>",
        "D'Hérouville-Ångström ]]>",
        "<!-- -->",
        "<![CDATA[x]]>",
        "&amp;&#13;&#xD;",
        "e\u0301",
        "\r\n \t",
        ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
        "place-0-",
    ]
)
attributes = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.lists(texts | st.just(""), min_size=1, max_size=3)),
    max_size=4,
    unique_by=lambda a: a[0],
).map(lambda drawn: [SamlAttribute(name=f"urn:{n}", friendly_name=n, values=tuple(each)) for n, each in drawn])
values = st.fixed_dictionaries(
    {name: st.none() | texts if name in OPTIONAL else texts for name in ResponseValues._fields}
).map(lambda said: ResponseValues(**said))

OURS, THEIRS = an_identity("idp.example"), an_identity("sp.example")
PROTECTION = Protection(lambda _kid, _algorithm: OURS)
TREE = partial(response_tree, PROVIDER._server)
TEMPLATES = ResponseTemplates(TREE)


def an_application(*keys: EncryptionKey, wants_signed: bool = False, **changes: Any) -> Any:
    terms = saml_terms("messagerie", **changes)
    provider = replace(terms.service_provider, encryption_keys=keys, want_assertions_signed=wants_signed)
    return SimpleNamespace(saml_sp=replace(terms, service_provider=provider), saml_signing_kid=None)
