from tests.fixtures.accounts import jeanne, parts

__all__ = ["jeanne", "parts"]
