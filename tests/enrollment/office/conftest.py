"""Operators who are signed in to enrollment, and the identity provider that it asks."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import SignIn
from tests.actors.browser import Browser
from tests.actors.enrollment import Enrollment
from tests.actors.server import Received, Said, Server, a_server
from tests.builders.offer import OFFER
from tests.enrollment.office.operator_on_request import OperatorOnRequest

LETTER = {
    "to": "compte@exemple.test",
    "subject": "Votre demande est acceptée",
    "body": "Votre identifiant : edaubrac\n\nhttps://id.example/password/choose/…\n",
    "language": "fr",
}
"""The letter that the identity provider would mail for any acceptance."""

SignedIn = Callable[..., Browser]


@pytest.fixture
def matches() -> list[dict[str, Any]]:
    """The accounts that the identity provider finds for any person."""
    return []


@pytest.fixture
def revoked() -> set[str]:
    """The subjects of the operators whose roles were revoked; each other one is an administrator."""
    return set()


@pytest.fixture
def offered() -> dict[str, Any]:
    """What the identity provider offers, to be changed by a test before it is read."""
    return deepcopy(OFFER)


@pytest.fixture
def provider(offered: dict[str, Any], matches: list[dict[str, Any]], revoked: set[str]) -> Iterator[Server]:
    """What enrollment asks of the identity provider: the offer, the accounts that match a person, operators' roles."""
    with a_server() as server:

        def says(asked: Received) -> Said:
            answers: dict[str, Any] = {"/api/offer": offered, "/api/matches": {"matches": matches}}
            if asked.path == "/api/operators":
                subjects = [each["subject"] for each in json.loads(asked.body)["operators"]]
                held = [{"subject": name, "roles": [] if name in revoked else ["administrator"]} for name in subjects]
                answers[asked.path] = {"operators": held}
            document = answers.get(asked.path, {"letter": LETTER})
            return Said(status=200, content_type="application/json", body=json.dumps(document).encode())

        server.says = says
        yield server


@pytest.fixture
def changed_enrollment_settings(provider: Server, tmp_path: Any) -> dict[str, Any]:
    secret = tmp_path / "interface.txt"
    secret.touch(0o600)
    secret.write_text("secret of the interface\n", encoding="ascii")
    return {"idp_issuer": provider.address, "idp_secret_file": secret}


@pytest.fixture
def signed_in(enrollment: Enrollment) -> SignedIn:
    """A browser in which an operator of these roles is signed in."""

    def sign_in(*roles: str, name: str = "camille", languages: str = "fr") -> Browser:
        person = SignedInPerson(
            subject=f"sub-of-{name}",
            sid=f"session-of-{name}",
            name=name.title(),
            username=name,
            email=f"{name}@exemple.test",
            roles=frozenset(roles),
            communities=frozenset(),
        )
        secret = enrollment.services.sign_ins.open(SignIn(person=person, id_token="of-a-test", issued_at=0.0))
        browser = enrollment.a_browser(languages=languages)
        browser.cookies.setdefault("127.0.0.1", {})["__Host-enrollment-session"] = secret
        return browser

    return sign_in


@pytest.fixture
def camille(enrollment: Enrollment, signed_in: SignedIn) -> OperatorOnRequest:
    return OperatorOnRequest(enrollment, signed_in("approver"))
