from tests.fixtures.idp import (
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
from tests.fixtures.saml import messagerie

__all__ = [
    "browser",
    "changed_settings",
    "clock",
    "dcc",
    "furnished",
    "idp",
    "jeanne",
    "messagerie",
    "paul",
    "perinat",
    "read_once",
    "stocked",
]
