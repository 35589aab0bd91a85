"""Accepted requests as enrollment sends them: valid by default, name only what matters. Everybody is invented."""

from typing import Any

REQUEST = "4f2a" * 8
REFERENCE = "INS-2026-004817"


def a_new_account(**changes: Any) -> dict[str, Any]:
    """The person of a request, as `enrollment/delivery/body.py` writes them; Estelle Daubrac's unless changed."""
    empty = ("birth_name", "po_box", "cedex", "emergency_telephone", "mobile", "fax")
    usual = dict.fromkeys(empty, "") | {
        "given_name": "Estelle",
        "family_name": "Daubrac",
        "civility": "MME",
        "title": "DR",
        "profession": "10",
        "country": "FR",
        "street": "3 quai des Lilas",
        "postcode": "37000",
        "town": "Tours",
        "department": "37",
        "telephone": "+33261910001",
        "email": "estelle.daubrac@exemple.test",
        "confidentiality": "professionals",
        "language": "fr",
        "identifiers": [{"kind": "rpps", "value": "99700123450", "proof": "typed"}],
        "conditions": {"version": "1", "language": "fr", "accepted_at": "2026-11-20T10:00:00Z"},
    }
    return usual | changes


def a_body(operator: str, **changes: Any) -> dict[str, Any]:
    """The body of a provisioning; a new account with nothing else unless changed."""
    usual: dict[str, Any] = {
        "operator": operator,
        "reference": REFERENCE,
        "account": {"new": a_new_account()},
        "communities": [],
        "entitlements": [],
        "card": None,
        "continue_to": None,
        "words": "",
    }
    return usual | changes


def terms(**changes: Any) -> dict[str, Any]:
    """The terms of a community or an application that was accepted, without its name."""
    return {"role": None, "starts_at": None, "ends_at": None, "reason": "Je suis des patients communs."} | changes
