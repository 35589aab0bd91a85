"""What enrollment writes is what the identity provider accepts: the same bodies, checked on both sides.

`enrollment/delivery/body.py` writes them from requests of every kind, and `idp/api` reads them.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from config.sql.database import Database
from enrollment.delivery.body import provisioning_body
from enrollment.idp_client import IdpRefused
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.vocabulary import Confidentiality, PartDecision, PartKind, RequestKind
from idp.accounts.models import IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.actors.caller import Caller
from tests.builders.cards import a_card
from tests.builders.enrollment import a_part, a_request
from tests.fixtures.region import CAMILLE, Region

LONG_AGO = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EVERY_FIELD = {
    "adeli": "459312344",
    "po_box": "BP 12",
    "cedex": "Cedex 2",
    "emergency_telephone": "+33261911235",
    "mobile": "+33700000000",
    "fax": "+33261911236",
    "language": "en",
    "confidentiality": Confidentiality.PUBLIC,
    "target_application": "dcc",
}
FEWEST_FIELDS = {"rpps": "", "civility": "", "title": "", "birth_name": "", "street": "", "postcode": "", "town": ""}


@pytest.fixture
def changed_settings(secret_file) -> dict[str, Any]:
    return {"enrollment_secret_file": secret_file}


@pytest.fixture
def put(caller: Caller) -> Callable[[dict[str, Any], str], Any]:
    def put(body: dict[str, Any], request_id: str) -> Any:
        sent = json.loads(json.dumps(body, ensure_ascii=False))  # as it is in the outbox, then on the wire
        answer = caller.calls("PUT", f"/api/provisionings/{request_id}/1", sent)
        assert answer.status_code == 201, answer.text
        return answer.json

    return put


def access() -> list[RequestPart]:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    return [
        a_part(PartKind.COMMUNITY, "onco-centre", reason="Je suis des patients communs."),
        a_part(PartKind.APPLICATION, "dcc", role="medecin", starts_at=tomorrow, ends_at=tomorrow + timedelta(days=365)),
        a_part(PartKind.APPLICATION, "perinat", reason="x" * 500),
    ]


def written(
    session: Session, operator: str, parts: list[RequestPart], *, account: str | None = None, **named: Any
) -> tuple[EnrollmentRequest, dict[str, Any]]:
    """A request with these columns, and the body that delivers these parts of it."""
    for part in parts:
        part.decision = PartDecision.ACCEPTED
    request = a_request(session, parts=parts, **named)
    return request, provisioning_body(
        request, parts, operator=operator, account=account, words="Bienvenue.\nÀ bientôt."
    )


@pytest.mark.parametrize(
    "named",
    [
        {},
        EVERY_FIELD,
        FEWEST_FIELDS,
        {"kind": RequestKind.IN_PERSON},
        {"conditions_version": None, "conditions_language": None, "conditions_accepted_at": None},
        {"family_name": "N’Guyên-Lê d’Arc", "given_name": "Zoë-Maëlle", "birth_name": "Œuvrard"},
        {"country": "BE", "postcode": "1000", "town": "Bruxelles", "department": "", "telephone": "+3223456789"},
        {"reference": "INS-2026-1048170"},
        {"target_application": "not-registered-any-more"},
    ],
    ids=lambda named: "-".join(named)[:40] or "usual",
)
@pytest.mark.parametrize("with_access", [False, True])
def test_a_new_account_in_every_shape_is_accepted(
    put, enrollment_database: Database, administrator, onco_centre, perinat, idp, named, with_access
):
    parts = [a_part(PartKind.ACCOUNT), *(access() if with_access else [])]
    with enrollment_database.transaction() as session:
        request, body = written(session, administrator, parts, **named)
        username = put(body, request.id)["username"]
        account = idp.services.accounts.by_username(username)
        for name in ("given_name", "family_name", "email", "town", "telephone", "confidentiality"):
            assert (getattr(account, name) or "") == getattr(request, name), name
    assert set(account.entitlements) == ({"dcc", "perinat"} if with_access else set())


@pytest.mark.parametrize(
    ("named", "proof"),
    [
        ({}, IdentifierProof.TYPED),
        ({"kind": RequestKind.IN_PERSON}, IdentifierProof.OPERATOR),
        ({"filled_by": {"rpps": "register"}}, IdentifierProof.TYPED),
        ({"filled_by": {"rpps": "card"}, "card_identity": a_card().as_record()}, IdentifierProof.CARD),
    ],
)
def test_a_number_keeps_the_proof_that_enrollment_has_of_it(
    put, enrollment_database: Database, administrator, idp, named, proof
):
    idp.services.request_cards.record_reading(a_card())
    with enrollment_database.transaction() as session:
        request, body = written(session, administrator, [a_part(PartKind.ACCOUNT)], **named)
        username = put(body, request.id)["username"]
    account = idp.services.accounts.by_username(username)
    assert [card.login for card in idp.services.cards.list()] == ([username] if proof is IdentifierProof.CARD else [])
    assert (account.national_id, account.national_id_proof) == ("899700123450", proof)


@pytest.mark.parametrize(("email_verified_at", "is_verified"), [(LONG_AGO, True), (None, False)])
def test_the_address_of_the_account_is_verified_when_that_of_the_request_is(
    put, enrollment_database: Database, administrator, idp, email_verified_at, is_verified
):
    """That of a request that an operator filled in with the person is not."""
    with enrollment_database.transaction() as session:
        verified = {"email_verified_at": email_verified_at}
        request, body = written(session, administrator, [a_part(PartKind.ACCOUNT)], **verified)
        username = put(body, request.id)["username"]
    assert idp.services.accounts.by_username(username).email_verified is is_verified


def test_more_access_is_accepted_by_subject_and_by_handle(
    put, enrollment_database: Database, administrator, onco_centre, perinat, idp, paul
):
    account = idp.services.accounts.by_username(paul.login)
    subject = idp.services.subjects.sub_for(account.account_id)
    with enrollment_database.transaction() as session:
        more = {"kind": RequestKind.MORE_ACCESS, "account_subject": subject}
        request, body = written(session, administrator, access(), **more)
        assert put(body, request.id)["username"] == paul.login
        request, body = written(session, administrator, [a_part(PartKind.ACCOUNT)], account=account.account_id)
        assert put(body, request.id) == {"username": paul.login, "account": account.account_id, "letter": None}


def test_enrollment_reads_why_the_identity_provider_refuses(region: Region):
    """The `detail` that an operator reads is the one of the problem document (RFC 9457)."""
    region.operator(CAMILLE, HeldRole(OperatorRoleName.ADMINISTRATOR))
    services = region.enrollment.services
    with services.database.transaction() as session:
        request, body = written(session, region.subject_of(CAMILLE), [a_part(PartKind.COMMUNITY, "nowhere")])
        with pytest.raises(IdpRefused) as refused:
            services.idp.provision(request.id, 1, body)
    assert refused.value.status == 422
    assert "communities[0].name" in refused.value.problem
