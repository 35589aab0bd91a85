"""How a view of the office is declared: its address, and beside it the permission that it needs.

A person who is not signed in signs in first. One whose roles do not give the permission is refused (403).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from flask import Blueprint, g
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from config.web.frame import NO_FRAME, Frame, NavigationLink, SignedIn
from config.web.language import gettext
from config.web.prefetch import ignore_prefetch
from enrollment.office.operators import Operator, Permission
from enrollment.sign_in.views import SignInPages

OfficeView = Callable[..., AnyResponse]

EXTENSION: Final = "office"
"""The key of `Flask.extensions` under which the application keeps the declarations of its office."""


class OfficeViews:
    """The views of the office. Each takes the operator first."""

    def __init__(self, sign_in: SignInPages) -> None:
        self._sign_in = sign_in
        self.blueprint = ignore_prefetch(Blueprint("office", __name__))
        self.permissions: dict[tuple[str, str], Permission] = {}
        """By method and address."""

    def get(self, address: str, permission: Permission) -> Callable[[OfficeView], OfficeView]:
        """Declare a page."""
        return self._declare("GET", address, permission)

    def post(self, address: str, permission: Permission) -> Callable[[OfficeView], OfficeView]:
        """Declare an action."""
        return self._declare("POST", address, permission)

    def _declare(self, method: str, address: str, permission: Permission) -> Callable[[OfficeView], OfficeView]:
        def declared(view: OfficeView) -> OfficeView:
            @wraps(view)
            def guarded(**named: Any) -> AnyResponse:
                session = self._sign_in.current()
                if session is None:
                    return self._sign_in.sign_in_first()
                operator = g.operator = Operator.of(session.person)
                if not operator.may(permission):
                    raise Forbidden
                return view(operator, **named)

            self.permissions[method, address] = permission
            self.blueprint.add_url_rule(address, view_func=guarded, methods=[method])
            return view

        return declared


def office_frame() -> Frame:
    """The frame of an operator's page; other pages have none."""
    operator: Operator | None = g.get("operator")
    if operator is None:
        return NO_FRAME
    current = g.get("section", "")
    navigation = tuple(
        NavigationLink(label=label, address=address, is_current=address == current)
        for label, address, permission in (
            (gettext("Demandes"), "/office", Permission.READ),
            (gettext("Décisions à transmettre"), "/office/deliveries", Permission.READ),
            (gettext("Invitations"), "/office/invitations", Permission.INVITE),
            (gettext("Guichet"), "/office/in-person", Permission.ENROL),
        )
        if operator.may(permission)
    )
    roles = ", ".join(ROLE_NAMES[role]() for role in operator.roles_named)
    name = f"{operator.name} · {roles}" if roles else operator.name
    return Frame(navigation=navigation, signed_in=SignedIn(name=name, sign_out="/sign-out"))


ROLE_NAMES: Final[dict[str, Callable[[], str]]] = {
    "approver": lambda: gettext("approbation"),
    "administrator": lambda: gettext("administration"),
    "auditor": lambda: gettext("consultation"),
}
