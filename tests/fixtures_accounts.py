"""The parts that have to do with accounts, and Jeanne: fixtures for the folders that ask for them."""

import pytest

from config.redis.store import Store
from config.settings import Settings
from config.sql.database import Database
from idp.accounts.accounts import Standing
from tests.builders_accounts import AccountParts, account_parts


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store) -> AccountParts:
    return account_parts(settings, database, store)


@pytest.fixture
def jeanne(parts: AccountParts) -> Standing:
    return parts.opens()
