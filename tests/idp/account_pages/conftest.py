from tests.fixtures.accounts import jeanne_account, parts

__all__ = ["jeanne_account", "parts"]
