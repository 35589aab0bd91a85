from tests.fixtures.accounts import jeanne_account, parts
from tests.fixtures.metadata import office, publisher

__all__ = ["jeanne_account", "office", "parts", "publisher"]
