"""The sample messaging service learns the keys of its identity provider from signed metadata."""

import pytest

from relying_parties.samples.app import create_app
from tests.relying_parties.samples.saml.messaging import a_service, comes_back, logs_in, visit
from tests.relying_parties.samples.small_saml_provider import SmallSamlProvider, Telling

pytestmark = pytest.mark.slow


def test_a_new_key_of_the_identity_provider_is_learnt_from_its_metadata(browser, provider, monkeypatch):
    monkeypatch.setattr("relying_parties.samples.saml.provider_metadata.REFETCH_SECONDS", 0)
    logs_in(browser, provider)
    provider.publishes = ["one", "two"]  # next is published, signed by current
    provider.telling = Telling(key="two")
    assert "Bonjour" in logs_in(browser, provider).text
    provider.publishes, provider.metadata_signed_by = ["two", "three"], "two"
    provider.telling = Telling(key="three")
    assert "Bonjour" in logs_in(browser, provider).text


def test_metadata_signed_by_a_stranger_changes_nothing(browser, provider, monkeypatch):
    monkeypatch.setattr("relying_parties.samples.saml.provider_metadata.REFETCH_SECONDS", 0)
    logs_in(browser, provider)
    provider.publishes, provider.metadata_signed_by = ["one", "stranger"], "stranger"
    provider.telling = Telling(key="stranger")
    assert logs_in(browser, provider).status_code == 502
    provider.telling = Telling()
    assert "Bonjour" in logs_in(browser, provider).text


def test_an_unknown_key_refetches_the_metadata_at_a_limited_rate(browser, provider):
    logs_in(browser, provider)
    before = provider.served
    provider.telling = Telling(key="stranger")
    for _ in range(5):
        comes_back(browser, provider)
    assert provider.served - before <= 1


@pytest.mark.parametrize(("pinned", "status"), [("one", 303), ("stranger", 502)])
def test_metadata_are_accepted_by_the_configured_fingerprint(provider, pinned, status):
    service = create_app(a_service(provider, metadata_fingerprint=provider.fingerprint(pinned)))
    assert visit(service.test_client(), "/login").status_code == status


def wrapped(provider: SmallSamlProvider) -> bytes:
    """The right one, signature and all, inside one that names another's key: library-wide, the classic attack."""
    right = provider.right_metadata().decode()
    provider.publishes = ["stranger"]
    unsigned = provider.right_metadata().decode()
    signature = right[right.index("<ds:Signature") : right.index("</ds:Signature>") + len("</ds:Signature>")]
    start, end = unsigned.index("<ds:Signature"), unsigned.index("</ds:Signature>") + len("</ds:Signature>")
    return (
        unsigned[:start]
        + signature
        + unsigned[end:].replace("</md:EntityDescriptor>", f"{right}</md:EntityDescriptor>")
    ).encode()


@pytest.mark.parametrize(
    "metadata",
    [
        lambda _: b"",
        lambda _: b"<html>",
        lambda _: b"<a/>",
        lambda provider: provider.right_metadata().replace(b"/saml/sso", b"/saml/oss"),
        lambda provider: provider.right_metadata(more='validUntil="2020-01-01T00:00:00Z"'),
        lambda provider: provider.right_metadata(more='cacheDuration="often"'),
        lambda provider: b"<!DOCTYPE a>" + provider.right_metadata(),
        wrapped,
    ],
    ids=["empty", "html", "another-root", "altered", "expired", "unreadable", "doctype", "wrapped"],
)
def test_invalid_metadata_get_an_error_page(browser, provider, metadata):
    provider.metadata = metadata(provider)
    page = visit(browser, "/login")
    assert page.status_code == 502
    assert "métadonnées" in page.text


def test_an_unreachable_identity_provider_gets_an_error_page(provider):
    away = a_service(provider, metadata_url="http://127.0.0.1:9/saml/metadata")
    page = visit(create_app(away).test_client(), "/login")
    assert page.status_code == 503
    assert "ne répond pas" in page.text
