"""A service that trusts the test authority and has fetched its revocation lists."""

import pytest

from tests.builders.card_trust import CardTrust, card_trust


@pytest.fixture
def trust(authority, database, tmp_path) -> CardTrust:
    made = card_trust(authority, tmp_path / "authorities", database)
    made.publish()
    return made
