"""The calls of enrollment to the identity provider, against a server that answers as the test says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable
from enrollment.offer import Offers, OfferUnavailable
from tests.actors.server import Received, Said, Server, a_server
from tests.ports import free_port

SECRET = "s" * 43
OFFER = {
    "communities": [
        {
            "name": "onco-centre",
            "display_name": {"fr": "Onco Centre", "en": "Onco Centre"},
            "help": {"fr": "Cancérologie.", "en": "Oncology."},
            "requestable": True,
            "has_approvers": False,
        }
    ],
    "applications": [
        {
            "client_id": "dcc",
            "name": "dcc",
            "display_name": {"fr": "DCC", "en": "DCC"},
            "help": {"fr": "", "en": ""},
            "logo": None,
            "category": "application",
            "requestable": True,
            "roles": [{"name": "doctor", "display_name": {"fr": "Médecin", "en": "Doctor"}}],
            "needs_communities": ["onco-centre"],
            "closed_to_levels": ["hidden"],
            "has_approvers": False,
        }
    ],
    "revision": 7,
}
PROVISIONED = {"username": "jdupont", "account": "a1", "letter": "<1@exemple.test>"}


@contextmanager
def answering(status: int = 200, document: Any = OFFER, etag: str = "") -> Iterator[Server]:
    """An identity provider that gives this answer, and 304 to who knows `etag`."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()

    def says(asked: Received) -> Said:
        if etag and asked.headers.get("If-None-Match") == etag:
            return Said(status=304)
        return Said(status=status, content_type="application/json", body=body, headers={"ETag": etag} if etag else {})

    with a_server() as server:
        server.says = says
        yield server


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.touch(0o600)
    file.write_text(f"{SECRET}\nthe-one-before\n", encoding="utf-8")
    return file


def test_the_first_line_of_the_file_is_the_secret(secret_file: Path):
    with answering() as server:
        IdpClient(issuer=server.address, secret_file=secret_file).offer()
    [asked] = server.received
    assert (asked.method, asked.path, asked.headers["Authorization"]) == ("GET", "/api/offer", f"Bearer {SECRET}")


def test_a_provisioning_is_put_at_its_own_address(secret_file: Path):
    with answering(201, PROVISIONED) as server:
        provisioned = IdpClient(issuer=server.address, secret_file=secret_file).provision("4f2a", 2, {"operator": "c"})
    [asked] = server.received
    assert (asked.method, asked.path) == ("PUT", "/api/provisionings/4f2a/2")
    assert json.loads(asked.body) == {"operator": "c"}
    assert (provisioned.username, provisioned.account, provisioned.letter) == ("jdupont", "a1", "<1@exemple.test>")


@pytest.mark.parametrize("status", [401, 404, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again_later(secret_file: Path, status: int):
    with answering(status, {"detail": "no"}) as server, pytest.raises(IdpUnavailable, match=str(status)):
        IdpClient(issuer=server.address, secret_file=secret_file).provision("4f2a", 1, {})


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_a_refusal_is_final_and_says_why(secret_file: Path, status: int):
    problem = {"detail": "operator: holds no role for community:onco-centre", "code": "operator.not-allowed"}
    with answering(status, problem) as server, pytest.raises(IdpRefused) as refused:
        IdpClient(issuer=server.address, secret_file=secret_file).provision("4f2a", 1, {})
    assert (refused.value.status, refused.value.problem, refused.value.code) == (status, *problem.values())


@pytest.mark.parametrize("document", [b"<html>", b"[]", b'{"username": NaN}', {"username": 3}, {}])
def test_an_answer_that_cannot_be_read_is_no_answer(secret_file: Path, document: Any):
    with answering(200, document) as server, pytest.raises(IdpUnavailable):
        IdpClient(issuer=server.address, secret_file=secret_file).provision("4f2a", 1, {})


def test_an_identity_provider_that_is_away_is_unavailable_and_has_done_nothing(secret_file: Path):
    client = IdpClient(issuer=f"http://127.0.0.1:{free_port()}", secret_file=secret_file)
    for _ in range(2):  # the second call is not made, so soon after the first
        with pytest.raises(IdpUnavailable) as away:
            client.matches({})
        assert not away.value.may_have_acted


def test_an_identity_provider_that_breaks_off_may_have_done_it(secret_file: Path):
    with answering(201, b"{") as server, pytest.raises(IdpUnavailable) as broken:
        IdpClient(issuer=server.address, secret_file=secret_file).provision("4f2a", 1, {})
    assert broken.value.may_have_acted


def test_a_secret_file_that_others_can_read_is_not_used(secret_file: Path):
    secret_file.chmod(0o644)
    with answering() as server, pytest.raises(IdpUnavailable, match="idp_secret_file"):
        IdpClient(issuer=server.address, secret_file=secret_file).offer()
    assert server.received == []


def test_the_offer_is_fetched_once_a_minute_and_again_only_when_it_has_changed(secret_file: Path):
    now = [0.0]
    with answering(etag='"7"') as server:
        offers = Offers(IdpClient(issuer=server.address, secret_file=secret_file), clock=lambda: now[0])
        first = offers.current()
        assert offers.current() is first
        now[0] = 61.0
        assert offers.current() is first
        assert len(server.received) == 2
    dcc = first.application("dcc")
    assert dcc is not None
    assert dcc.needs_communities == ("onco-centre",)
    assert dcc.roles[0].display_name.in_language("fr") == "Médecin"


def test_the_last_offer_is_used_while_the_identity_provider_is_away(secret_file: Path):
    now = [0.0]
    with answering() as server:
        offers = Offers(IdpClient(issuer=server.address, secret_file=secret_file), clock=lambda: now[0])
        kept = offers.current()
        server.says = lambda _: Said(status=503)
        now[0] = 61.0
        assert offers.current() is kept


@pytest.mark.parametrize("document", [{}, {"communities": [{}], "applications": []}, {"communities": 1}])
def test_without_any_offer_there_is_none(secret_file: Path, document: Any):
    with answering(document=document) as server, pytest.raises(OfferUnavailable):
        Offers(IdpClient(issuer=server.address, secret_file=secret_file)).current()
