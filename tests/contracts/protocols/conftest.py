from tests.fixtures.idp import changed_settings, furnished, idp, read_once, stocked

__all__ = ["changed_settings", "furnished", "idp", "read_once", "stocked"]
