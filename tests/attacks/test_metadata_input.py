"""A stranger's metadata of a service provider: hostile XML, and enormous ones.

What must hold is what holds of any registration (test_registration_input.py).
"""

import json
import os
import time
from html import escape as escaped

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relying_parties.problems import RegistrationProblems
from relying_parties.registration.toml_registration import read_toml
from relying_parties.sp_metadata.parser import LARGEST_METADATA, read_service_provider
from relying_parties.sp_metadata.service_provider import Binding, ServiceProvider
from relying_parties.sp_metadata.xml_values import MOST_PROBLEMS
from tests.attacks.registration_input import judged, refused_fields, values
from tests.builders.descriptors import a_key, a_service_provider_metadata, an_endpoint
from tests.builders.saml import CONSUMER, key_pair

XML = st.recursive(
    st.text(alphabet="abc<>&\"' \x00é\u202e", max_size=12),
    lambda inside: st.lists(inside, max_size=3).map(
        lambda parts: f"<md:KeyDescriptor>{''.join(parts)}</md:KeyDescriptor>"
    ),
    max_leaves=4,
)


def judged_metadata(xml, **options):
    """The service provider, or the problems; anything else fails the test."""
    began = time.process_time()
    try:
        return read_service_provider(xml, loopback_http=False, **options)
    except RegistrationProblems as refused:
        assert 0 < len(refused.problems) <= MOST_PROBLEMS  # noqa: PT017 - both outcomes are judged
        for problem in refused.problems:
            assert str(problem).isprintable()
            assert len(str(problem)) < 2000
        return refused.problems
    finally:
        assert time.process_time() - began < 2


def refused_metadata(xml):
    problems = judged_metadata(xml)
    assert not isinstance(problems, ServiceProvider), "was accepted"
    return {problem.field: problem.change for problem in problems}


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda said: said.encode("utf-8", "surrogatepass")))
def test_any_octets_are_judged_as_metadata(received):
    judged_metadata(received)


@given(
    entity_id=st.text(max_size=20).map(escaped),
    attributes=st.sampled_from(["validUntil", "cacheDuration", "ID"]).flatmap(
        lambda name: st.text(max_size=30).map(lambda value: f'{name}="{escaped(value)}"')
    ),
    endpoints=st.lists(
        st.builds(an_endpoint, st.text(max_size=30).map(escaped), index=st.text(max_size=6).map(escaped)), max_size=3
    ),
    keys=st.lists(st.text(max_size=40).map(escaped).map(a_key), max_size=3),
    after=XML,
)
def test_any_value_in_metadata_is_judged(**said):
    judged_metadata(a_service_provider_metadata(**said).decode(errors="replace").encode())


def with_doctype(declaration):
    return b"<!DOCTYPE md:EntityDescriptor " + declaration + b">" + a_service_provider_metadata(entity_id="&amp;e;")


@pytest.mark.parametrize(
    "declaration",
    [
        b"",
        b'SYSTEM "http://127.0.0.1:1/evil.dtd"',
        b'[<!ENTITY e SYSTEM "file:///etc/passwd">]',
        b'[<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]',
        b'[<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]',
        b"[<!ATTLIST md:AssertionConsumerService Location CDATA 'https://evil.example/'>]",
    ],
    ids=["bare", "external", "file", "laughs", "parameter", "defaults"],
)
def test_metadata_have_no_doctype(declaration):
    assert "take out the DOCTYPE" in refused_metadata(with_doctype(declaration))["the metadata"]


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<",
        b"\xff\xfe<\x00",
        b"<?xml version='1.0' encoding='UTF-16'?><a/>",
        b"<a" * 100_000,
        b"<a>" * 80_000,
        b"<a/>" + b" " * LARGEST_METADATA,
        a_service_provider_metadata(names="<x>" * 200 + "</x>" * 200),
        a_service_provider_metadata(before="<x/>" * 60_000),
    ],
    ids=range(9),
)
def test_hostile_xml_is_refused_at_once(xml):
    assert "the metadata" in refused_metadata(xml)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("urn:oasis:names:tc:SAML:2.0:metadata", "urn:oasis:names:tc:SAML:2.0:metadata "),
        ("urn:oasis:names:tc:SAML:2.0:metadata", "urn:oasis:names:tc:SAML:1.0:metadata"),
        ('xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"', 'xmlns:md="urn:evil"'),
        ("md:SPSSODescriptor", "saml:SPSSODescriptor"),
        ("md:SPSSODescriptor", "md:IDPSSODescriptor"),
        ("md:AssertionConsumerService", "saml:AssertionConsumerService"),
        ("md:EntityDescriptor", "md:AffiliationDescriptor"),
    ],
)
def test_names_are_compared_with_their_namespaces(right, wrong):
    xml = a_service_provider_metadata().decode()

    assert refused_metadata(xml.replace(right, wrong).encode())


def test_a_role_inside_an_extension_is_not_the_role():
    inner = a_service_provider_metadata(endpoints=[an_endpoint("https://evil.example/acs")]).decode()
    xml = a_service_provider_metadata(extensions=f"<md:Extensions>{inner}</md:Extensions>")

    read = judged_metadata(xml)
    assert [each.location for each in read.assertion_consumer_services] == [CONSUMER]


@pytest.mark.parametrize("several", [2, 3])
def test_of_two_roles_neither_is_chosen(several):
    xml = a_service_provider_metadata().decode()
    begin, end = xml.index("<md:SPSSODescriptor"), xml.index("</md:EntityDescriptor>")

    assert "SPSSODescriptor" in refused_metadata((xml[:begin] + xml[begin:end] * several + xml[end:]).encode())


@pytest.mark.parametrize(
    "location",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://messagerie.example/acs",
        "http://127.0.0.1/acs",
        "https://*.messagerie.example/acs",
        "https://messagerie.example/*",
        "https://messagerie.example@evil.example/",
        "https://messagerie.example/acs#fragment",
        "https://messagerie.example/../acs",
        "//messagerie.example/acs",
        "https://messagerie.example/a b",
        "https://messagerie.example/&#10;x",
        "",
    ],
)
@pytest.mark.parametrize("name", ["AssertionConsumerService", "ArtifactResolutionService"])
def test_an_endpoint_leads_to_the_application_and_nowhere_else(name, location):
    """What an assertion is posted to, and what our own machine connects to."""
    binding = Binding.POST if name == "AssertionConsumerService" else Binding.SOAP
    hostile = an_endpoint(location, name=name, binding=binding, index=7)

    fields = refused_metadata(a_service_provider_metadata(endpoints=[an_endpoint(), hostile]))
    assert {field.split(",")[-1] for field in fields} == {" Location"}


def test_a_response_location_obeys_the_same_rule():
    logout = an_endpoint(
        name="SingleLogoutService", binding=Binding.REDIRECT, more='ResponseLocation="javascript:alert(1)"'
    )

    assert "SingleLogoutService 1, ResponseLocation" in refused_metadata(a_service_provider_metadata(before=logout))


def test_ten_thousand_endpoints_are_too_many():
    short = [f'<md:AssertionConsumerService Binding="{Binding.POST}"/>' for _ in range(1500)]
    long = [an_endpoint(index=index) for index in range(10_000)]

    assert "at most 256" in refused_metadata(a_service_provider_metadata(endpoints=short))["AssertionConsumerService"]
    assert "at most" in refused_metadata(a_service_provider_metadata(endpoints=long))["the metadata"]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"keys": [a_key("AAAA")] * 500}, "KeyDescriptor"),
        ({"keys": [a_key("A" * 20_000)]}, "KeyDescriptor 1, X509Certificate 1"),
        ({"after": "<md:NameIDFormat>" + "a" * 2000 + "</md:NameIDFormat>"}, "NameIDFormat"),
        ({"after": '<md:AttributeConsumingService index="1"><md:RequestedAttribute Name="'
          + "a" * 2000 + '"/></md:AttributeConsumingService>'},
         "AttributeConsumingService 1, RequestedAttribute 1, Name"),
        ({"attributes": 'cacheDuration="P99999999999999999Y"'}, "EntityDescriptor, cacheDuration"),
    ],
    ids=range(5),
)  # fmt: skip
def test_each_part_of_metadata_is_bounded(part, field):
    assert field in refused_metadata(a_service_provider_metadata(**part))


def test_a_comment_cuts_no_text_in_two():
    certificate = key_pair("messagerie").certificate
    read = judged_metadata(a_service_provider_metadata(keys=[a_key(f"{certificate[:99]}<!-- -->{certificate[99:]}")]))

    assert read.signing_certificates == (certificate,)


def test_names_for_people_cannot_mislead_them():
    named = '<mdui:UIInfo><mdui:DisplayName xml:lang="fr">{}</mdui:DisplayName></mdui:UIInfo>'
    for misleading in ("Banque\u202egpj.exe", "a" * 500, "\n"):
        read = judged_metadata(
            a_service_provider_metadata(names=f"<md:Extensions>{named.format(misleading)}</md:Extensions>")
        )
        assert read.display_names == ()


def test_metadata_beside_a_declared_file_are_no_link_and_no_pipe(tmp_path):
    """As of a logo: an operator who is given a file to register does not give others of this machine away."""
    os.mkfifo(tmp_path / "pipe.xml")
    (tmp_path / "link.xml").symlink_to("/etc/passwd")
    (tmp_path / "folder.xml").mkdir()
    for name in ("pipe.xml", "link.xml", "folder.xml", "../x.xml", "/etc/passwd", ".xml", "a/b.xml"):
        declared = f'name = "m"\n[display_name]\nfr = "M"\n[saml]\nmetadata_file = "{name}"'
        assert "saml.metadata_file" in refused_fields(read_toml, declared, folder=tmp_path)


@given(name=st.sampled_from(["metadata_file", "metadata_url", "metadata_source", "entity_id", "name_id"]), value=values)
def test_any_value_of_the_saml_table_is_judged(name, value):
    judged(read_toml, f"[saml]\n{name} = {json.dumps(value, ensure_ascii=True)}")
