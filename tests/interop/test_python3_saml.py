"""python3-saml, strict: the sample messaging service, which knows nothing of us but our metadata."""

import re
import time
from collections.abc import Iterator

import pytest
import requests

from tests.installation import Installation, Professional, RunningApplication, an_installation, wait_until
from tests.interop.plain_browser import PageReader, PlainBrowser
from tests.interop.service_providers import last_answer, names_in

pytestmark = pytest.mark.interop

JEANNE = Professional(login="jdupont", given_name="Jeanne", family_name="Dupont", password="Cerisier-Bleu-72")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with an_installation(tmp_path_factory.mktemp("interop")) as running:
        running.create(JEANNE)
        yield running


@pytest.fixture
def messagerie(installation: Installation) -> RunningApplication:
    return installation.messagerie


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def leaves(browser: PlainBrowser, application: RunningApplication) -> requests.Response:
    """By the application's own button."""
    page = browser.opens(f"{application.url}/me")
    form = next(form for form in PageReader(page.text).forms if form.action == "/logout")
    reached = browser.submits(form, on=page)
    assert isinstance(reached, requests.Response)
    return reached


def asks_for_a_password(browser: PlainBrowser, application: RunningApplication) -> bool:
    return 'name="password"' in browser.opens(f"{application.url}/me").text


def test_it_asks_by_a_signed_redirect_and_reads_an_encrypted_assertion(browser, messagerie):
    """wantMessagesSigned, wantAssertionsSigned, wantAssertionsEncrypted, rejectDeprecatedAlgorithm."""
    page = browser.signs_in(JEANNE, at=f"{messagerie.url}/me")
    assert "Bonjour Jeanne Dupont" in page.text
    assert JEANNE.email in page.text
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_a_person_has_the_same_name_each_time_and_another_session(messagerie):
    """Core, sections 8.3.7 and 2.7.2."""

    def seen() -> tuple[str, str]:
        page = PlainBrowser().signs_in(JEANNE, at=f"{messagerie.url}/me").text
        name, session = (re.search(f'id="{id_}">([^< ]+)', page) for id_ in ("name-id", "session-index"))
        assert name
        assert session
        return name[1], session[1]

    (name, session), (same_name, another_session) = seen(), seen()
    assert same_name == name
    assert another_session != session


def test_its_own_logout_ends_our_session_and_the_dccs(browser, installation, messagerie):
    browser.signs_in(JEANNE, at=f"{messagerie.url}/me")
    assert "Bonjour Jeanne Dupont" in browser.opens(f"{installation.dcc.url}/me").text

    assert "ici et chez le fournisseur d’identité" in leaves(browser, messagerie).text

    wait_until(lambda: asks_for_a_password(browser, installation.dcc) or None, what="the end of the DCC's session")
    assert asks_for_a_password(browser, messagerie)


def test_our_logout_ends_its_session(browser, installation, messagerie):
    browser.signs_in(JEANNE, at=f"{messagerie.url}/me")
    page = browser.logs_out(installation.issuer)
    assert "Messagerie sécurisée de santé" in page.text
    assert asks_for_a_password(browser, messagerie)


def test_a_refusal_is_told_to_its_developer(browser, installation, messagerie):
    """Paul is not entitled: RequestDenied, which the sample explains."""
    paul = installation.create(
        Professional(login="pmartin", given_name="Paul", family_name="Martin", password="Grange-Haute-28"),
        entitled_to=(),
    )
    told = browser.signs_in(paul, at=f"{messagerie.url}/me")
    assert "RequestDenied" in told.text
    assert "habilitée" in told.text


def test_a_new_key_reaches_it_without_anybodys_hand(installation, messagerie):
    """It reads our metadata anew when an answer bears a signature of no key it knows: at most every ten seconds."""
    PlainBrowser().signs_in(JEANNE, at=f"{messagerie.url}/me")
    installation.idp("keys", "rotate", "--even-if-recent")
    time.sleep(1.5)  # a worker looks at the registry's and the keys' revisions once a second
    installation.idp("keys", "cut-over", "messagerie")
    wait_until(
        lambda: "Bonjour" in PlainBrowser().signs_in(JEANNE, at=f"{messagerie.url}/me").text or None,
        what="a login with the new key",
    )
