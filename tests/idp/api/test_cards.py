"""`POST /api/cards`: enrollment has a card verified."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from card_bridge.assertion import CardAssertion, Purpose
from card_bridge.identity import CardIdentity
from card_bridge.vocabulary import CardEnvironment
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.personas import DOCTOR, EXPIRED
from card_bridge.workstation.virtual.profile import Issuer
from idp.api.cards import MOST_REFUSALS
from tests.builders.card_trust import an_assertion, card_trust, issued, trust_folder
from tests.fixtures.card_login import proves_identifier

ENROLLMENT = "https://inscription.example"
NONCE = "n" * 43


@pytest.fixture
def changed_settings(secret_file: Path, authority: Authority, tmp_path: Path) -> dict[str, Any]:
    folder = trust_folder(authority, tmp_path / "authorities")
    lists = tuple(
        f"{authority.address}/CRL/{authority.list_name(Issuer.FORT, is_root=is_root)}.crl" for is_root in (True, False)
    )
    return {
        "enrollment_secret_file": secret_file,
        "account_request_url": f"{ENROLLMENT}/demander",
        "card_trust_folder": folder,
        "card_environment": CardEnvironment.TEST,
        "card_revocation_lists": lists,
    }


@pytest.fixture
def reads(caller, idp, authority, tmp_path):
    """Calls with an assertion; the status and the document."""
    card_trust(authority, tmp_path / "authorities", idp.services.database).publish()

    def reads(signed: CardAssertion, **changes: Any) -> tuple[int, Any]:
        body = {"assertion": signed.written(), "nonce": NONCE, "origin": ENROLLMENT} | changes
        answer = caller.calls("POST", "/api/cards", body)
        return answer.status_code, answer.json

    return reads


def signed(authority: Authority, persona=DOCTOR, **changes: Any) -> CardAssertion:
    fields = {"purpose": Purpose.ENROLLMENT, "origin": ENROLLMENT, "nonce": NONCE}
    return an_assertion(issued(authority, persona), **(fields | changes))


def test_a_card_that_has_signed_for_enrollment_says_who_its_holder_is(idp, reads, authority):
    status, answer = reads(signed(authority))
    assert status == 200
    identity = CardIdentity.of_record(answer["identity"])
    assert (identity.national_id, identity.family_name) == (DOCTOR.holder.national_id, DOCTOR.holder.family_name)
    assert identity.serial.endswith(f"/{DOCTOR.card_number}")
    assert answer["opens_account"] is False
    assert idp.trail()[-1] == "card.read"


def test_a_card_whose_number_an_account_has_proven_opens_that_account(idp, reads, authority, jeanne):
    proves_identifier(idp, jeanne, DOCTOR)
    assert reads(signed(authority))[1]["opens_account"] is True


@pytest.mark.parametrize(
    ("persona", "changes", "refusal"),
    [
        (EXPIRED, {}, "expired"),
        (DOCTOR, {"purpose": Purpose.LOGIN}, "wrong-signature"),  # a thief of the secret reads no login
        (DOCTOR, {"origin": "https://id.example"}, "wrong-signature"),
        (DOCTOR, {"nonce": "m" * 43}, "wrong-signature"),
    ],
)
def test_a_card_that_is_not_believed_has_its_reason(idp, reads, authority, persona, changes, refusal):
    assert reads(signed(authority, persona, **changes)) == (200, {"refusal": refusal})
    assert idp.trail()[-1] == "card.read"


def test_refusals_do_not_fill_the_trail(idp, reads, authority):
    expired = signed(authority, EXPIRED)
    for _ in range(MOST_REFUSALS + 5):
        reads(expired)
    assert idp.trail().count("card.read") == MOST_REFUSALS


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"origin": "https://id.example"}, "origin: must be https://inscription.example"),
        ({"nonce": "short"}, "nonce: must have 43"),
        ({"assertion": "{}"}, "assertion: format"),
        ({"assertion": None}, "assertion: must be given"),
        ({"purpose": "login"}, "purpose: is not a member"),
    ],
)
def test_a_call_that_is_wrong_is_told_what_to_change(reads, authority, changes, problem):
    status, answer = reads(signed(authority), **changes)
    assert status == 422
    assert answer["problems"][0].startswith(problem)


def test_without_a_trusted_authority_no_card_is_believed(reads, authority):
    stranger = replace(signed(authority), certificate=b"0")
    assert reads(stranger) == (200, {"refusal": "malformed"})
