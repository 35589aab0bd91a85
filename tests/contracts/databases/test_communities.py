"""Communities, their members and operators, where two writers race."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.redis.store import Store
from config.sql.database import Database
from idp.accounts.communities import CommunityDescription
from idp.accounts.errors import AdministratorExists, CommunityHasMembers, CommunityTaken, NoSuchCommunity
from idp.settings import Settings
from tests.builders.accounts import AccountParts, account_parts
from tests.builders.operators import OPERATOR

ONCO = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Onco Centre")


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store, tmp_path: Path) -> AccountParts:
    return account_parts(settings, database, store)


def outcome_of(act) -> object:
    try:
        return act()
    except (CommunityHasMembers, CommunityTaken, NoSuchCommunity) as refused:
        return type(refused)


def test_of_two_who_add_one_name_together_one_is_told_that_it_is_taken(parts):
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: outcome_of(lambda: parts.communities.add(ONCO, actor=OPERATOR)), range(2)))
    assert sorted(map(str, outcomes)) == sorted(map(str, [None, CommunityTaken]))
    assert parts.trail() == ["community.added"]


def test_a_person_who_joins_a_community_while_it_is_removed_is_a_member_or_is_told(parts):
    for _ in range(5):
        parts.communities.add(ONCO, actor=OPERATOR)
        people = [parts.opens(password=None) for _ in range(3)]

        def joins(person) -> object:
            return outcome_of(lambda: parts.service.join(person.login, ONCO.name, actor=OPERATOR))

        with ThreadPoolExecutor(4) as pool:
            joining = [pool.submit(joins, person) for person in people]
            removing = pool.submit(outcome_of, lambda: parts.communities.remove(ONCO.name, actor=OPERATOR))
        joined = [person for person, each in zip(people, joining, strict=True) if each.result() is True]
        if removing.result() is None:
            assert joined == []
            continue
        assert removing.result() is CommunityHasMembers
        assert parts.communities.count_members(ONCO.name) == len(joined) == 3
        parts.communities.remove(ONCO.name, members=3, actor=OPERATOR)


def test_of_two_who_become_the_first_administrator_together_one_does(parts):
    people = [parts.opens(password=None) for _ in range(3)]

    def becomes(person) -> object:
        try:
            return parts.operators.bootstrap(person.login, actor=OPERATOR)
        except AdministratorExists as refused:
            return type(refused)

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(becomes, people))
    assert outcomes.count(None) == 1
    assert len(parts.operators.all()) == 1
