"""The parts that have to do with accounts, and Jeanne: fixtures for the folders that ask for them."""

import pytest

from config.database import Database
from config.settings import Settings
from config.store import Store
from idp.accounts.accounts import Standing
from tests.builders_accounts import AccountParts, account_parts


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store) -> AccountParts:
    return account_parts(settings, database, store)


@pytest.fixture
def jeanne(parts: AccountParts) -> Standing:
    return parts.opens()
