import pytest
from hypothesis import given
from hypothesis import strategies as st

from relying_parties.addresses import (
    CODE_PARAMETERS,
    address_fault,
    called_address_fault,
    form_action_of,
    is_parent_domain,
    is_same_address,
    origin_of,
    posted_address_fault,
)


@pytest.mark.parametrize(
    "address",
    [
        "https://dcc.example/callback",
        "https://dcc.example",
        "https://dcc.example:8443/callback?from=poterne",
        "https://xn--prinat-bva.example/retour",
        "https://192.0.2.7/callback",
        "https://[2001:db8::7]:8443/callback",
        "https://dcc.example/a%20b/(c)",
    ],
)
def test_an_unambiguous_address_is_accepted(address):
    assert address_fault(address, loopback_http=False, reserved=CODE_PARAMETERS) is None


@pytest.mark.parametrize("host", ["127.0.0.1:8411", "localhost:8411", "[::1]:8411", "127.8.8.8"])
def test_http_is_for_this_machine_and_for_development_only(host):
    """RFC 8252 section 8.3."""
    assert address_fault(f"http://{host}/callback", loopback_http=True) is None
    assert "development only" in address_fault(f"http://{host}/callback", loopback_http=False)


@pytest.mark.parametrize(
    ("address", "change"),
    [
        ("http://dcc.example/callback", "https"),
        ("http://127.0.0.1.evil.example/callback", "https"),
        ("http://localhost.evil.example/", "https"),
        ("/callback", "absolute"),
        ("//dcc.example/callback", "absolute"),
        ("dcc.example/callback", "absolute"),
        ("https:dcc.example", "absolute"),
        ("javascript:alert(1)", "absolute"),
        ("JavaScript://dcc.example/%0aalert(1)", "absolute"),
        ("data:text/html,hello", "absolute"),
        ("com.example.dcc:/callback", "absolute"),
        ("HTTPS://dcc.example/", "starts with https://"),
        ("https://", "host"),
        ("https:///callback", "host"),
        ("https://DCC.example/", "lower case"),
        ("https://périnat.example/", "RFC 3986"),
        ("https://dcc_test.example/", "host"),
        ("https://dcc.example./", "host"),
        ("https://-dcc.example/", "host"),
        ("https://2130706433/", "host"),
        ("https://0x7f.1/", "host"),
        ("https://127.1/", "host"),
        ("https://dcc%2eexample/", "host"),
        ("https://[::1%25eth0]/", "absolute|host"),
        ("https://[2001:DB8::7]/", "host"),
        ("https://dcc.example:/", "port"),
        ("https://dcc.example:0/", "port"),
        ("https://dcc.example:0443/", "port"),
        ("https://dcc.example:99999/", "absolute"),
        ("https://jeanne:secret@dcc.example/", "user name"),
        ("https://dcc.example@evil.example/", "user name"),
        ("https://@dcc.example/", "user name"),
        ("https://dcc.example\\@evil.example/", "RFC 3986"),
        ("https://dcc.example/callback#here", "fragment"),
        ("https://dcc.example/callback#", "fragment"),
        ("https://*.dcc.example/callback", "wildcards"),
        ("https://dcc.example/*", "wildcards"),
        ("https://dcc.example/a b", "RFC 3986"),
        ("https://dcc.example/\n", "RFC 3986"),
        ("\thttps://dcc.example/", "RFC 3986"),
        ("https://dcc.example/%0", "RFC 3986"),
        ("https://dcc.example/a/../b", "without . or"),
        ("https://dcc.example/a/%2e%2E/b", "without . or"),
        ("https://dcc.example/callback?code=1", "parameter code"),
        ("https://dcc.example/callback?a=1&iss=https://evil.example", "parameter iss"),
        ("https://dcc.example/" + "a" * 2000, "1000 characters"),
    ],
)  # fmt: skip
def test_an_ambiguous_address_is_refused_with_the_remedy(address, change):
    fault = address_fault(address, loopback_http=True, reserved=CODE_PARAMETERS)

    assert fault is not None
    assert any(expected in fault for expected in change.split("|")), fault


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/logout",
        "https://[::1]/logout",
        "https://localhost/logout",
        "https://dcc.localhost/logout",
        "https://169.254.169.254/logout",
        "https://[fe80::1]/logout",
        "https://0.0.0.0/logout",
        "https://224.0.0.1/logout",
        "https://[fd00:ec2::254]/logout",
        "https://[64:ff9b::7f00:1]/logout",
        "http://dcc.example/logout",
        "http://127.0.0.1:8411/logout",
    ],
)
def test_an_address_that_our_server_does_not_call_is_refused_for_calls(address):
    assert called_address_fault(address, loopback_http=False)


@pytest.mark.parametrize(
    "address", ["https://dcc.example/logout", "https://10.1.2.3/logout", "https://[2001:db8::7]:8443/logout"]
)
def test_an_address_of_a_private_network_may_be_called(address):
    """That is where a hospital's applications are: docs/security.md."""
    assert called_address_fault(address, loopback_http=False) is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:8411/", "http://localhost:8411/", "https://dcc.localhost/"])
def test_in_development_this_machine_is_called(address):
    assert called_address_fault(address, loopback_http=True) is None


def test_an_address_that_form_action_cannot_allow_is_refused():
    """tests/pages/test_registered_addresses.py asks Chromium."""
    assert posted_address_fault("https://sp-1.messagerie.example:8443/acs", loopback_http=False) is None
    assert posted_address_fault("https://192.0.2.7/acs", loopback_http=False) is None
    assert "browsers block" in posted_address_fault("https://[2001:db8::7]/acs", loopback_http=False)


@given(st.text(alphabet="htps:/@.*#?[]%-_1aA\\ \n\u202e", max_size=40))
def test_any_text_is_accepted_or_refused_without_a_fault(text):
    fault = address_fault(text, loopback_http=True)

    assert fault is None or fault
    if fault is None:
        assert text.startswith(("https://", "http://"))
        assert not {"#", "@", "*", " ", "\\"} & set(text)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://dcc.example:443/a", "https://dcc.example"),
        ("http://127.0.0.1:8411/", "http://127.0.0.1:8411"),
        ("https://[2001:db8::7]:8443/", "https://[2001:db8::7]:8443"),
    ],
)
def test_an_origin_is_scheme_host_and_port(address, origin):
    """RFC 6454 section 4."""
    assert origin_of(address) == origin


def test_a_sector_covers_its_own_hosts_only():
    assert is_parent_domain("dcc.example", "dcc.example")
    assert is_parent_domain("dcc.example", "a.dcc.example")
    assert not is_parent_domain("dcc.example", "notdcc.example")
    assert not is_parent_domain("example", "dcc.example")
    assert not is_parent_domain("0.1", "127.0.0.1")


@pytest.mark.parametrize("host", ["SP.Hopital.Example", "sp_1.hopital.example", "_sp.example:8443", "[2001:DB8::7]"])
def test_in_metadata_a_host_may_have_capitals_or_underscores(host):
    assert address_fault(f"https://{host}/acs", loopback_http=False)
    assert address_fault(f"https://{host}/acs", loopback_http=False, of_metadata=True) is None
    if "[" not in host:
        assert posted_address_fault(f"https://{host}/acs", loopback_http=False, of_metadata=True) is None


@pytest.mark.parametrize(
    "host", ["-sp.example", "sp..example", "sp.example:0443", "sp.example:", "x@sp.example", "1.1"]
)
def test_an_ambiguous_address_is_refused_in_metadata_too(host):
    assert address_fault(f"https://{host}/acs", loopback_http=False, of_metadata=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://sp.example/acs", "https://SP.Example/acs", True),
        ("https://sp.example:8443/acs?a=B", "https://SP.example:8443/acs?a=B", True),
        ("https://sp.example/acs", "https://sp.example/ACS", False),
        ("https://sp.example/acs?a=b", "https://sp.example/acs?A=b", False),
        ("https://sp.example/acs", "https://sp.example:443/acs", False),
        ("https://sp.example/acs", "https://sp.example.evil.example/acs", False),
        ("https://sp.example/acs", "https://sp.example@evil.example/acs", False),
        ("https://sp.example", "https://sp.example/", False),
        ("https://sp.example?a", "https://SP.EXAMPLE?a", True),
        ("https://sp.example?a", "https://SP.EXAMPLE?A", False),
    ],
)
def test_addresses_are_compared_without_the_case_of_their_host(one, other, same):
    assert is_same_address(one, other) is same
    assert is_same_address(other, one) is same


def test_a_form_action_is_the_origin_or_else_the_scheme():
    assert form_action_of("https://Sp.Example:443/acs") == "https://sp.example"
    assert form_action_of("https://sp_1.example/acs_1") == "https:"
    assert form_action_of("https://sp.example/acs_1") == "https://sp.example"
