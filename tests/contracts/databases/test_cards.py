"""A card that is presented several times at once is bound once, and waits once; lists of revoked cards are kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from card_bridge.identity import CardIdentity
from card_bridge.verification.lists import ListRefused
from card_bridge.verification.refusals import Refusal
from card_bridge.workstation.virtual.personas import DOCTOR, REVOKED
from config.audit.trail import Audit
from idp.accounts.card_models import CardReading
from idp.accounts.cards import Bound, NeedsOperator
from idp.accounts.models import IdentifierProof
from idp.accounts.request_cards import RequestCards
from tests.builders.accounts import account_parts
from tests.builders.card_certificates import a_list, fort
from tests.builders.card_trust import card_trust
from tests.builders.cards import RPPS, a_card

AT_ONCE = 6


@pytest.fixture
def parts(settings, database, store):
    return account_parts(settings, database, store)


def at_once(call: Callable[[], object]) -> list[object]:
    start = Barrier(AT_ONCE)

    def called() -> object:
        start.wait()
        return call()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [future.result() for future in [threads.submit(called) for _ in range(AT_ONCE)]]


def test_a_card_is_bound_once(parts):
    parts.opens(password=None, national_id=RPPS, national_id_proof=IdentifierProof.OPERATOR)
    found = at_once(lambda: parts.cards.find_account(a_card()))
    assert all(isinstance(each, Bound) for each in found)
    assert sum(each.is_new for each in found) == 1
    assert parts.trail().count("card.bound") == 1


def test_a_card_waits_once(parts):
    parts.opens(password=None, national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    assert at_once(lambda: parts.cards.find_account(a_card())) == [NeedsOperator()] * AT_ONCE
    assert parts.trail().count("card.waiting") == 1


@pytest.mark.slow
def test_the_last_list_is_kept_and_read(authority, database, tmp_path):
    trust, now = card_trust(authority, tmp_path / "authorities", database), datetime.now(UTC)
    trust.publish(at=now, further=300)
    assert isinstance(trust.verdict_on(DOCTOR), CardIdentity)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED
    source = f"{authority.address}/CRL/ACI-FO-PP-TEST.crl"
    with pytest.raises(ListRefused, match="older"):
        trust.lists.accept(source, a_list(fort(authority), at=now - timedelta(days=365)), now=now)
    [kept] = trust.lists.states([source])
    assert (kept.entries, kept.authority) == (302, "TEST AC IGC-SANTE FORT PERSONNES")
    trust.lists.record_failure(source, "the server was not reached", now=now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED
    trust.lists.forget_others([])
    assert trust.verdict_on(DOCTOR) is Refusal.REVOCATION_UNKNOWN


def test_a_card_that_is_read_several_times_at_once_for_enrollment_is_kept_once(database):
    cards = RequestCards(database, Audit(database))
    at_once(lambda: cards.record_reading(a_card()))
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(CardReading)) == 1
