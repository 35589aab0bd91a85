from tests.fixtures_idp import (
    browser,
    changed_settings,
    clock,
    dcc,
    furnished,
    idp,
    jeanne,
    paul,
    perinat,
    read_once,
    stocked,
)

__all__ = [
    "browser",
    "changed_settings",
    "clock",
    "dcc",
    "furnished",
    "idp",
    "jeanne",
    "paul",
    "perinat",
    "read_once",
    "stocked",
]
