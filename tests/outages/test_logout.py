"""An application's server away, or a process killed: who signs out is not kept waiting, and it is told later."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.server import Said, a_server
from tests.fixtures.logout import registers_leaving
from tests.ports import free_ports
from tests.processes import allowance, until

QUICK = 4.0  # seconds, of which it waits one; what is usual on a busy machine is added
TOLD_WITHIN = 60.0


@contextmanager
def silent():
    """A server that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def signs_out(service, dcc, jeanne, operator):
    """Opens the DCC, whose server is at that address, and signs out: the page, and how long that took.

    What the machine may add (`allowance`) is taken off.
    """

    def act(address):
        operator.amends(dcc, backchannel_logout_uri=f"{address}/backchannel-logout")
        time.sleep(1.2)  # a worker sees a change of the registry within a second
        browser = service.anyone()
        dcc.signs_in(browser.logs_in(jeanne, to=dcc))
        page = browser.visits(f"{service.issuer}/account")
        slow = allowance(lambda: browser.visits(page.url))
        began = time.monotonic()
        page = browser.submits(page.form_of("Me déconnecter"))
        took = time.monotonic() - began - slow
        assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "login_required"
        return browser, page, took

    return act


def test_an_application_is_told_at_once_and_the_page_says_so(signs_out):
    with a_server() as server:
        _, page, took = signs_out(server.address)
        assert "Applications fermées" in page.text
        assert len(server.received) == 1
        assert took < QUICK


def test_nobody_waits_for_an_application_that_does_not_answer(signs_out):
    with silent() as address:
        browser, page, took = signs_out(address)
        assert took < QUICK
        assert "pas encore confirmé" in page.text
        until(lambda: "nouvel essai prévu" in browser.visits(page.url).text, what="the first try's end")


def test_others_log_out_and_are_answered_at_once_while_many_wait_for_a_silent_application(
    service, operator, dcc, perinat, jeanne, paul
):
    """One application that says nothing holds two of the calls and half of a worker's threads, however many log out."""
    with silent() as silence, a_server() as server:
        operator.amends(dcc, backchannel_logout_uri=f"{silence}/backchannel-logout")
        operator.amends(perinat, backchannel_logout_uri=f"{server.address}/backchannel-logout")
        time.sleep(1.2)  # a worker sees a change of the registry within a second
        leaving = []
        for _ in range(12):
            browser = service.anyone()
            dcc.signs_in(browser.logs_in(jeanne, to=dcc))
            leaving.append((browser, browser.visits(f"{service.issuer}/account").form_of("Me déconnecter")))
        others = service.anyone()
        perinat.signs_in(others.logs_in(paul, to=perinat))
        form = others.visits(f"{service.issuer}/account").form_of("Me déconnecter")
        slow = allowance(lambda: others.visits(f"{service.issuer}/account"))
        with ThreadPoolExecutor(len(leaving)) as together:
            pages = [together.submit(browser.submits, form_of_it) for browser, form_of_it in leaving]
            began = time.monotonic()
            page = others.submits(form)
            took = time.monotonic() - began - slow
            told = until(lambda: server.received, within=QUICK + slow, what="Périnat's logout token")
            assert all("pas encore confirmé" in one.result().text for one in pages)
        assert took < QUICK
        assert len(told) == 1
        until(lambda: "Applications fermées" in others.visits(page.url).text, within=QUICK + slow, what="the page")


def test_one_that_was_down_is_told_once_it_is_back(signs_out):
    [port] = free_ports(1)
    browser, page, took = signs_out(f"http://127.0.0.1:{port}")
    assert took < QUICK
    until(lambda: "nouvel essai prévu" in browser.visits(page.url).text, what="the first attempt")
    with a_server(port) as server:
        until(lambda: server.received, within=TOLD_WITHIN, what="the logout token")
        until(lambda: "Applications fermées" in browser.visits(page.url).text, what="the page")


def test_what_was_to_be_told_survives_the_death_of_every_process(service, signs_out):
    """The outbox is in SQL: a logout that was answered is told, whatever happens next."""
    [port] = free_ports(1)
    signs_out(f"http://127.0.0.1:{port}")
    service.kill()
    with a_server(port) as server:
        service.start()
        until(lambda: server.received, within=TOLD_WITHIN, what="the logout token")


def test_one_application_that_hangs_does_not_hold_up_the_others(service, operator, dcc, perinat, jeanne):
    with silent() as hanging, a_server() as server:
        operator.amends(dcc, backchannel_logout_uri=f"{hanging}/")
        operator.amends(perinat, backchannel_logout_uri=f"{server.address}/")
        time.sleep(1.2)
        browser = service.anyone()
        dcc.signs_in(browser.logs_in(jeanne, to=dcc))
        perinat.signs_in(browser.visits(perinat.asks()))
        page = browser.submits(browser.visits(f"{service.issuer}/account").form_of("Me déconnecter"))
        until(lambda: server.received, what="the token of the one that answers")
        until(lambda: "Applications fermées" in browser.visits(page.url).text, what="the page")


def test_a_service_provider_that_is_down_is_told_later_by_soap(service, operator, dcc, jeanne):
    [port] = free_ports(1)
    idp = SimpleNamespace(services=operator.services, settings=service.settings, issuer=service.issuer)
    messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"http://127.0.0.1:{port}/slo")
    time.sleep(1.2)
    browser = service.anyone()
    browser.logs_in(jeanne, to=dcc)
    messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
    page = browser.submits(browser.visits(f"{service.issuer}/account").form_of("Me déconnecter"))
    until(lambda: "nouvel essai prévu" in browser.visits(page.url).text, what="the first try's end")
    with a_server(port) as server:
        server.says = lambda came: messagerie.serves_soap(came) if came.body else Said()
        until(lambda: server.received, within=TOLD_WITHIN, what="the LogoutRequest")
        until(lambda: "Applications fermées" in browser.visits(page.url).text, what="the page")
