from tests.fixtures_accounts import jeanne, parts

__all__ = ["jeanne", "parts"]
