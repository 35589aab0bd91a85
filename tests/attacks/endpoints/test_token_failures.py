"""What a refused token request leaves behind, and that it cannot be used to fill the trail or to write lies in it."""

import json
import logging

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from idp.oidc.token_failures import MOST_LINES
from idp.web.fault_records import FaultRecord
from relying_parties.policy import ClientAuthentication
from tests.builders.registry import a_registration

HOSTILE_NAME = "dcc\x1b]52;c;aGVsbG8=\x07\u202e" + "x" * 600


@pytest.fixture
def answer(browser, jeanne, dcc):
    return dcc.answer(browser.logs_in(jeanne, to=dcc))


def token_lines(idp):
    """The application, detail and address of each `token.refused`, oldest first."""
    with idp.services.database.reading() as connection:
        rows = connection.execute(
            select(AuditEvent.application, AuditEvent.detail, AuditEvent.address)
            .where(AuditEvent.kind == "token.refused")
            .order_by(AuditEvent.id)
        ).all()
    return [(row.application, json.loads(row.detail), row.address) for row in rows]


def fault_of(idp, response) -> FaultRecord:
    return idp.services.faults.find(response.get_json()["reference"])


def from_address(application, address, *, authorization="", **form):
    headers = {"Authorization": authorization} if authorization else {}
    return application.calls.post("/oidc/token", data=form, headers=headers, environ_base={"REMOTE_ADDR": address})


def test_a_wrong_secret_leaves_a_warning_a_fault_record_and_a_line(idp, dcc, caplog):
    with caplog.at_level(logging.WARNING):
        response = from_address(dcc, "192.0.2.9", authorization=dcc.basic("wrong"), code="x")

    [warning] = [record for record in caplog.records if record.name == "poterne.oidc"]
    assert (warning.client, warning.client_is, warning.why) == ("dcc", "registered, unverified", "wrong client secret")
    assert response.get_json()["reference"] == response.headers["X-Request-Id"]
    assert fault_of(idp, response).received == "wrong client secret; client_id dcc"
    [(application, detail, address)] = token_lines(idp)
    assert application is None, "a caller that does not know the secret is not the application"
    assert detail == {"error": "invalid_client", "why": "wrong client secret", "claimed": "dcc"}
    assert address == "192.0.2.9"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "unknown"}, "the code is unknown, expired, used before, or another client's"),
        ({"code_verifier": "v" * 43}, "the code was not issued for this redirect_uri and code_verifier"),
        ({"code_verifier": "short"}, "code_verifier must be"),
        ({"redirect_uri": None}, "redirect_uri is missing"),
        ({"grant_type": "password"}, "use grant_type=authorization_code"),
    ],
)
def test_each_fault_of_an_authenticated_client_is_told_of_that_client(idp, dcc, answer, changed, why):
    response = dcc.redeems(answer, **changed)

    assert fault_of(idp, response).received.startswith(why)
    [(application, detail, _)] = token_lines(idp)
    assert application == "dcc"
    assert detail["why"].startswith(why)


def test_another_redirection_address_is_told_with_the_one_that_was_expected(idp, dcc, answer):
    response = dcc.redeems(answer, redirect_uri="https://elsewhere.exemple.test/callback")

    found = fault_of(idp, response)
    assert found.received.endswith("; https://elsewhere.exemple.test/callback")
    assert found.registered == (dcc.redirect_uri,)


def test_what_is_no_form_leaves_a_trace(idp, dcc):
    response = dcc.calls.post("/oidc/token", json={"grant_type": "authorization_code"})

    assert fault_of(idp, response).fault == "token.invalid_request"
    assert len(token_lines(idp)) == 1


def test_a_public_client_is_claimed_not_known(idp, browser, jeanne):
    terms = {"client_authentication": ClientAuthentication.NONE}
    public = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    answer = public.answer(browser.logs_in(jeanne, to=public))

    public.redeems(answer, authorization="", client_id="carnet", code_verifier="x" * 43)

    [(application, detail, _)] = token_lines(idp)
    assert (application, detail["claimed"]) == (None, "carnet")


def test_a_name_that_nobody_registered_is_not_in_the_trail_and_is_escaped_elsewhere(idp, dcc, caplog):
    with caplog.at_level(logging.WARNING):
        response = from_address(dcc, "192.0.2.1", client_id=HOSTILE_NAME, code="x")

    [(application, detail, _)] = token_lines(idp)
    assert (application, detail) == (None, {"error": "invalid_client", "why": "unknown or suspended client"})
    [warning] = [record for record in caplog.records if record.name == "poterne.oidc"]
    for shown in (warning.client, fault_of(idp, response).received):
        assert "dcc\\x1b]52;" in shown
        assert "\\u202e" in shown
        assert shown.isprintable()
        assert len(shown) < 250
    assert warning.client_is == "unknown"


def test_one_cause_has_one_line_however_often_it_happens(idp, dcc, answer):
    for _ in range(5):
        dcc.redeems(answer, authorization=dcc.basic("wrong"))
        dcc.redeems(answer, code="unknown")

    assert [detail["error"] for _, detail, _ in token_lines(idp)] == ["invalid_client", "invalid_grant"]


def test_strangers_of_many_networks_and_names_do_not_fill_the_trail(idp, dcc):
    for number in range(3 * MOST_LINES):
        from_address(dcc, f"198.18.{number}.1", client_id=f"guess-{number}", code="x")
    assert len(token_lines(idp)) == MOST_LINES

    from_address(dcc, "192.0.2.1", client_id="dcc", client_secret="wrong")
    assert len(token_lines(idp)) == MOST_LINES + 1, "and they do not hide what concerns an application"


def test_forty_replays_of_one_code_are_one_line(idp, dcc, answer, jeanne):
    dcc.redeems(answer)
    for _ in range(40):
        assert dcc.redeems(answer).get_json()["error"] == "invalid_grant"

    assert idp.trail().count("code.replayed") == 1
    assert token_lines(idp) == [], "the replay is the cause, and is told"
    with idp.services.database.reading() as connection:
        account = connection.scalar(select(AuditEvent.account).where(AuditEvent.kind == "code.replayed"))
    assert account == idp.services.accounts.by_username(jeanne.login).account_id


def test_a_replay_is_told_of_its_account_though_the_grant_has_run_out(idp, dcc, answer, clock):
    dcc.redeems(answer)
    clock.shift(310)
    dcc.redeems(answer)
    with idp.services.database.reading() as connection:
        [account] = connection.scalars(select(AuditEvent.account).where(AuditEvent.kind == "code.replayed"))
    assert account


def test_userinfo_says_a_reference_too(dcc):
    response = dcc.userinfo("unknown")
    assert response.get_json()["reference"] == response.headers["X-Request-Id"]
