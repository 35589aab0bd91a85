from tests.fixtures.idp import (
    browser,
    changed_settings,
    dcc,
    furnished,
    idp,
    jeanne,
    read_once,
    stocked,
)

__all__ = ["browser", "changed_settings", "dcc", "furnished", "idp", "jeanne", "read_once", "stocked"]
