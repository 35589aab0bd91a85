"""A stranger's registration: hostile JSON, TOML and pictures, and enormous ones.

What must hold: it becomes a registration that keeps every rule, or a list of
problems that a terminal can show; never another exception, never a long wait.
"""

import json
import os
import struct
import time
import zlib
from html import escape as escaped

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.logos import LARGEST_LOGO, LogoType, logo_fault
from relying_parties.field_reader import LARGEST_DOCUMENT
from relying_parties.problems import RegistrationProblems
from relying_parties.registration.client_metadata import read_client_metadata
from relying_parties.registration.registration import Registration
from relying_parties.registration.toml_registration import read_toml
from relying_parties.sp_metadata.parser import LARGEST_METADATA, read_service_provider
from relying_parties.sp_metadata.service_provider import Binding, ServiceProvider
from relying_parties.sp_metadata.xml_values import MOST_PROBLEMS
from tests.builders.descriptors import a_key, a_service_provider_metadata, an_endpoint
from tests.builders.registry import AN_SVG, client_metadata, some_capabilities
from tests.builders.saml import CONSUMER, key_pair


def judged(read, received, **options):
    """The registration, or the problems; anything else fails the test."""
    try:
        return read(received, some_capabilities(), **options)
    except RegistrationProblems as refused:
        for problem in refused.problems:
            assert str(problem).isprintable()
            assert len(str(problem)) < 2000
        return refused.problems


def refused_fields(read, received, **options):
    problems = judged(read, received, **options)
    assert not isinstance(problems, Registration), "was accepted"
    return {problem.field for problem in problems}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=8,
)
members = st.sampled_from([
    "client_name", "client_name#fr", "client_name#en", "client_uri", "redirect_uris", "post_logout_redirect_uris",
    "token_endpoint_auth_method", "grant_types", "response_types", "subject_type", "sector_identifier_uri",
    "id_token_signed_response_alg", "poterne_name", "poterne_attributes", "poterne_lowest_assurance", "poterne_entry",
    "poterne_confirm_identity", "poterne_card_revocation_grace_hours", "poterne_card_removal", "poterne_sector",
    "poterne_require_pkce", "x\x1b[31m",
])  # fmt: skip


@given(st.dictionaries(members, values, max_size=6))
def test_any_value_of_any_member_is_judged(changes):
    judged(read_client_metadata, json.dumps(client_metadata() | changes))


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_judged(received):
    judged(read_client_metadata, received)
    judged(read_toml, received)


@given(name=st.sampled_from(["name", "logo", "oidc", "display_name", "attributes", "entry"]), value=values)
def test_any_value_of_a_declared_field_is_judged(name, value):
    written = json.dumps(value, ensure_ascii=True)
    judged(read_toml, f"{name} = {written}")
    judged(read_toml, f"[oidc]\nredirect_uris = {written}\nsector = {written}")


@pytest.mark.parametrize(
    "received",
    [
        "[" * 10_000,
        '{"a":' * 3_000,
        '{"redirect_uris": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"redirect_uris": ' + "9" * 10_000 + "}",
        '{"redirect_uris": 1e999999}',
        '{"redirect_uris": NaN}',
        '{"redirect_uris": ["https://a.example/"], "redirect_uris": ["https://evil.example/"]}',
        '{"client_name": "\\ud800"}',
        '{"client_name": "a\\u0000b"}',
        "null",
        "[]",
        '"https://dcc.example/callback"',
        "{}" + " " * LARGEST_DOCUMENT,
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        "",
    ],
    ids=range(16),
)
def test_hostile_json_is_refused_at_once(received):
    began = time.process_time()

    assert refused_fields(read_client_metadata, received)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "received",
    [
        "a = " + "[" * 10_000,
        "a = " + "{a=" * 3_000,
        "a = " + "9" * 10_000,
        ".".join(["a"] * 2_000) + " = 1",
        "a = 1\na = 2",
        "a = 9999-99-99",
        'name = "\x00"',
        "oidc = 1\ndisplay_name = []",
        "[[oidc]]\nclient_id = 'x'",
        "x" * (LARGEST_DOCUMENT + 1),
        b"name = '\xff'",
    ],
    ids=range(11),
)
def test_hostile_toml_is_refused_at_once(received):
    began = time.process_time()

    assert refused_fields(read_toml, received)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("redirect_uris", "https://dcc.example/callback"),  # a text, where `in` would search inside it
        ("redirect_uris", {"https://dcc.example/callback": 1}),
        ("redirect_uris", [["https://dcc.example/callback"]]),
        ("redirect_uris", [f"https://dcc.example/{number}" for number in range(33)]),
        ("redirect_uris", ["https://dcc.example/callback", "javascript:alert(1)"]),
        ("redirect_uris", ["https://dcc.example/callback", "https://dcc.example/callback"]),
        ("redirect_uris", []),
        ("post_logout_redirect_uris", ["data:text/html,x"]),
        ("client_uri", "https://evil.example/"),
        ("client_uri", "javascript:alert(1)"),
        ("client_name", "DCC\u202egpj.exe"),
        ("client_name", "DCC\nSet-Cookie: a=b"),
        ("client_name", "D" * 121),
        ("client_name", "\u200b"),
        ("client_name", {"fr": "DCC"}),
        ("poterne_name", "../../etc/passwd"),
        ("poterne_name", "d" * 41),
        ("poterne_attributes", ["given_name", "password_hash"]),
        ("poterne_lowest_assurance", "none"),
        ("poterne_confirm_identity", "false"),
        ("poterne_require_pkce", 0),
    ],
)
def test_what_would_harm_people_is_refused_by_name(member, value):
    fields = refused_fields(read_client_metadata, json.dumps(client_metadata(**{member: value})))

    assert fields & {member, "client_name#fr"}, fields


def test_a_stranger_cannot_choose_its_client_id_or_secret():
    """RFC 7591 section 3.2.1: both are the server's to issue."""
    chosen = client_metadata(client_id="dcc", client_secret="known", poterne_client_id="dcc")

    registration = read_client_metadata(json.dumps(chosen), some_capabilities())

    assert registration.identifier is None
    assert "known" not in repr(registration)


def svg(inside, attributes=""):
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {namespaces} {attributes}>{inside}</svg>"


@pytest.mark.parametrize(
    "picture",
    [
        svg("<script>alert(1)</script>"),
        svg("<SCRIPT>alert(1)</SCRIPT>"),
        svg('<script href="https://evil.example/a.js"/>'),
        svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
        svg("", 'onload="alert(1)"'),
        svg('<circle r="1" onclick="alert(1)"/>'),
        svg('<a href="javascript:alert(1)"><circle r="1"/></a>'),
        svg('<a xlink:href="https://evil.example/"><circle r="1"/></a>'),
        svg('<image href="https://evil.example/seen.png"/>'),
        svg('<image href="data:image/svg+xml;base64,AAAA"/>'),
        svg('<use href="https://evil.example/a.svg#a"/>'),
        svg('<use href="#a"/>'),
        svg("<foreignObject><body/></foreignObject>"),
        svg("<style>@import url(https://evil.example/a.css);</style>"),
        svg('<circle r="1" style="fill:url(https://evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="url(https://evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="url(//evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="URL( https://evil.example )"/>'),
        svg('<circle r="1" fill="u\\72l(https://evil.example)"/>'),
        svg('<circle r="1" fill="image-set(&quot;https://evil.example&quot; 1x)"/>'),
        svg('<circle r="1" fill="url(#a) url(https://evil.example)"/>'),
        svg('<linearGradient href="https://evil.example/a.svg#a"/>'),
        svg('<linearGradient href="&#106;avascript:alert(1)"/>'),
        svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
        svg('<set attributeName="onclick" to="alert(1)"/>'),
        svg('<circle r="1" xml:base="https://evil.example/"/>'),
        svg('<circle r="1" class="a"/>'),
        svg('<clipPath id="a"><g clip-path="url(#b)"/></clipPath>'),
        '<?xml-stylesheet href="https://evil.example/a.css"?>' + svg(""),
        '<?xml version="1.0"?><?xml-stylesheet href="https://evil.example/a.css"?>' + svg(""),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("<title>&a;</title>"),
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<title>&a;</title>"),
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">' + svg(""),
        '<svg><circle r="1"/></svg>',
        "<html xmlns='http://www.w3.org/1999/xhtml'><body onload='alert(1)'/></html>",
        svg("<circle"),
        svg("<g>" * 1_000),
        svg("<title>" + "x" * LARGEST_LOGO + "</title>"),
        "",
        "<",
    ],
    ids=range(40),
)
def test_a_logo_that_could_act_or_fetch_is_refused(picture):
    fault = logo_fault(LogoType.SVG, picture.encode())

    assert fault
    assert fault.isprintable()


@pytest.mark.parametrize(
    "picture",
    [
        '<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16") + svg("<script/>").encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-7"?>' + svg("+ADw-script/+AD4-").encode(),
        svg("<script/>").encode("utf-16"),
        b"\xff",
    ],
    ids=range(4),
)
def test_a_logo_cannot_hide_behind_its_encoding(picture):
    assert "UTF-8" in logo_fault(LogoType.SVG, picture)


def test_a_deeply_nested_picture_is_judged():
    assert logo_fault(LogoType.SVG, svg("<g>" * 2_800 + "</g>" * 2_800).encode()) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: svg(text).encode("utf-8", "surrogatepass")))
def test_any_picture_is_judged(content):
    for media_type in LogoType:
        fault = logo_fault(media_type, content)
        assert fault is None or fault.isprintable()


def test_a_picture_that_only_draws_is_accepted():
    drawn = svg(
        "<title>Périnat</title>"
        '<defs><linearGradient id="a"><stop offset="0" stop-color="rgb(1,2,3)"/></linearGradient></defs>'
        '<g transform="translate(1 2) rotate(-4.5)" fill="url(#a)"><path d="M0 0h8"/></g>'
    )

    assert logo_fault(LogoType.SVG, drawn.encode()) is None
    assert logo_fault(LogoType.SVG, AN_SVG) is None


def png(*, width=8, height=8, behind=b"", damage=False):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content) ^ damage)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 72)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks + behind


def test_a_small_whole_png_is_accepted():
    assert logo_fault(LogoType.PNG, png()) is None


@pytest.mark.parametrize(
    "picture",
    [
        png(width=100_000, height=100_000),
        png(width=0),
        png(damage=True),
        png(behind=b"<script>alert(1)</script>"),
        png(behind=b"\xff\xff\xff\xffIDAT"),
        png()[:-4],
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        AN_SVG,
        png(behind=b"\x00" * LARGEST_LOGO),
    ],
    ids=range(10),
)
def test_a_png_that_is_huge_damaged_or_something_else_besides_is_refused(picture):
    assert logo_fault(LogoType.PNG, picture)


DECLARED = """
name = "dcc"
home_url = "https://dcc.example/"
lowest_assurance = "password"
[display_name]
fr = "DCC"
[oidc]
redirect_uris = ["https://dcc.example/callback"]
"""


@pytest.mark.parametrize(
    "name", ["../secret.svg", "/etc/passwd", "a/../dcc.svg", ".svg", "..", "dcc.svg\n", "dcc.svgz", "é.svg"]
)
def test_a_logo_is_read_from_beside_the_file_and_nowhere_else(name, tmp_path):
    assert refused_fields(read_toml, f"logo = {json.dumps(name)}\n{DECLARED}", folder=tmp_path) == {"logo"}


def test_a_logo_that_is_a_link_a_pipe_or_a_folder_is_not_read(tmp_path):
    (tmp_path / "real.svg").write_bytes(AN_SVG)
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    (tmp_path / "folder.svg").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")

    for name in ("link", "folder", "pipe"):
        assert refused_fields(read_toml, f'logo = "{name}.svg"\n{DECLARED}', folder=tmp_path) == {"logo"}


# --- metadata of service providers ---------------------------------------------------

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
