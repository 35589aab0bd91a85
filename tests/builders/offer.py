"""What an invented region offers: `GET /api/offer` of the identity provider (tests/contracts has both sides)."""

from typing import Any


def _text(french: str, english: str = "") -> dict[str, str]:
    return {"fr": french, "en": english or french}


def a_community(
    name: str, display_name: str, *, requestable: bool = True, has_approvers: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "display_name": _text(display_name),
        "help": _text("Un groupe de travail.", "A working group."),
        "requestable": requestable,
        "has_approvers": has_approvers,
    }


def an_application(client_id: str, display_name: str, **named: Any) -> dict[str, Any]:
    """One without rules unless `named` says otherwise."""
    usual = {
        "client_id": client_id,
        "name": client_id,
        "display_name": _text(display_name),
        "help": _text("Une application de la région.", "An application of the region."),
        "logo": None,
        "category": "application",
        "requestable": True,
        "roles": [],
        "needs_communities": [],
        "closed_to_levels": [],
        "has_approvers": False,
    }
    return usual | named


OFFER: dict[str, Any] = {
    "communities": [
        a_community("omedit-centre", "OMÉDIT Centre"),
        a_community("onco-centre", "Onco Centre"),
        a_community("soins-palliatifs", "Soins palliatifs"),
    ],
    "applications": [
        an_application(
            "dcc",
            "Dossier communicant de cancérologie",
            roles=[
                {"name": "reader", "display_name": _text("Lecture", "Reading")},
                {"name": "writer", "display_name": _text("Lecture et écriture", "Reading and writing")},
            ],
            needs_communities=["onco-centre"],
            closed_to_levels=["hidden"],
        ),
        an_application("perinat", "Périnat Centre"),
        an_application("veille", "Veille sanitaire", requestable=False),
        an_application("messagerie", "Messagerie sécurisée", category="service"),
    ],
    "revision": 1,
}
