"""The identity of a card as services exchange it."""

from typing import Any

import pytest

from card_bridge.identity import CardIdentity, CardIdentityMalformed
from tests.builders.cards import a_card


def test_a_record_gives_the_identity_back():
    assert CardIdentity.of_record(a_card().as_record()) == a_card()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"serial": None}, "serial"),
        ({"serial": "8" * 65}, "serial"),
        ({"family_name": "DUPONT\n"}, "family_name"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": 20280314}, "expires_on"),
        ({"is_operator": "true"}, "members"),
    ],
)
def test_a_record_that_is_none_is_refused_by_the_name_of_what_is_wrong(changes: dict[str, Any], named: str):
    with pytest.raises(CardIdentityMalformed, match=named):
        CardIdentity.of_record(a_card().as_record() | changes)
