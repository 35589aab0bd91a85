"""What verified cards say, for tests: Jeanne Dupont's CPS unless changed. Everybody is invented."""

from datetime import date
from typing import Any

from card_bridge.identity import CardIdentity

NUMBER = "8025000001/9970000001"
RENEWED = "8025000001/9970000007"
RPPS = "899700123450"


def a_card(**changes: Any) -> CardIdentity:
    usual = {
        "serial": NUMBER,
        "national_id": RPPS,
        "family_name": "DUPONT",
        "given_name": "Jeanne",
        "profession": "10",
        "expires_on": date(2029, 6, 30),
        "certificate_fingerprint": "ab" * 32,
        "authority": "cd" * 32,
        "serial_number": "0123abcd",
    }
    return CardIdentity(**(usual | changes))
