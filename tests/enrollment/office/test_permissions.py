"""Every page and action of the office against every role: made from the permissions that they declare."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from config.sql.declarative import SharedBase
from config.web.form_addresses import BACK
from enrollment.database import Base
from enrollment.office.operators import PERMISSIONS, Permission, Role
from enrollment.office.views import EXTENSION, OfficeViews
from enrollment.requests.models import RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind
from tests.actors.browser import Browser
from tests.actors.enrollment import Enrollment
from tests.builders.enrollment import a_part, a_request, an_account_part

DECLARED = {
    ("GET", "/office"): Permission.READ,
    ("GET", "/office/export.csv"): Permission.READ,
    ("GET", "/office/requests/<reference>"): Permission.READ,
    ("POST", "/office/requests/<reference>/assignment"): Permission.ASSIGN,
    ("POST", "/office/requests/<reference>/notes"): Permission.NOTE,
    ("POST", "/office/requests/<reference>/account"): Permission.DECIDE,
    ("POST", "/office/requests/<reference>/decision"): Permission.DECIDE,
    ("GET", "/office/invitations"): Permission.INVITE,
    ("POST", "/office/invitations"): Permission.INVITE,
    ("POST", "/office/invitations/file"): Permission.INVITE,
    ("POST", "/office/invitations/<invitation>/withdrawal"): Permission.INVITE,
    ("GET", "/office/in-person"): Permission.ENROL,
    ("POST", "/office/in-person"): Permission.ENROL,
    ("GET", "/office/deliveries"): Permission.READ,
    ("POST", "/office/deliveries/<entry>/retry"): Permission.RETRY_DELIVERY,
}
"""What each needs, written a second time: a permission that is changed by mistake differs from this."""

NOBODY: tuple[str, ...] = ()
ROLES: dict[str, tuple[str, ...]] = {
    "without a role": NOBODY,
    "with an unknown role": ("root", "superuser:all"),
    **{role: (role,) for role in Role},
    "an approver of a community": ("approver:community:soins-palliatifs",),
}


@pytest.fixture
def declared(enrollment: Enrollment) -> dict[tuple[str, str], Permission]:
    views: OfficeViews = enrollment.app.extensions[EXTENSION]
    return views.permissions


def add_request(enrollment: Enrollment, **named: Any) -> tuple[str, dict[str, str]]:
    parts = [an_account_part(), a_part(PartKind.COMMUNITY, "onco-centre"), a_part(PartKind.APPLICATION, "dcc")]
    with enrollment.services.database.transaction() as session:
        request = a_request(session, RequestState.PENDING, parts=parts, **named)
    return request.reference or "", {part.name or "account": part.id for part in parts}


def contents(enrollment: Enrollment) -> dict[str, list[Any]]:
    """Every line of the database but those of the audit trail."""
    tables = [table for base in (Base, SharedBase) for table in base.metadata.sorted_tables]
    with enrollment.services.database.reading() as connection:
        return {
            table.name: list(connection.execute(select(table)).all())
            for table in tables
            if not table.name.startswith("audit")
        }


def forms(parts: dict[str, str], version: int = 1) -> dict[str, str]:
    """What makes each action do something."""
    return {
        "version": str(version),
        "take": "yes",
        "note": "Vue au service.",
        "handle": "",
        "step": "confirm",
        f"choice-{parts['onco-centre']}": "accept",
    }


def statuses(
    browser: Browser, enrollment: Enrollment, declared: dict[tuple[str, str], Permission], reference: str, parts: Any
) -> Iterator[tuple[tuple[str, str], Permission, int]]:
    """The status of each page and action, posted with a token of the browser's own."""
    token = browser.visits(f"{enrollment.address}/").form_with("form_token").fields["form_token"]
    for (method, rule), permission in declared.items():
        path = rule.replace("<reference>", reference)
        for named in ("<entry>", "<invitation>"):
            path = path.replace(named, "a" * 32)
        address = f"{enrollment.address}{path}"
        posting = forms(parts) | {"form_token": token} if method == "POST" else None
        yield (method, rule), permission, browser.asks(address, posting=posting).status_code


def test_every_address_of_the_office_declares_its_permission(enrollment, declared):
    served = {
        (method, rule.rule)
        for rule in enrollment.app.url_map.iter_rules()
        if rule.rule.startswith("/office") and not rule.endpoint.startswith(BACK)  # they show nothing
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == set(declared)
    assert declared == DECLARED


@pytest.mark.parametrize("roles", ROLES.values(), ids=ROLES)
def test_a_role_opens_what_its_permissions_open_and_nothing_else(enrollment, signed_in, declared, roles):
    reference, parts = add_request(enrollment)
    held = {role.partition(":")[0] for role in roles}
    permitted = {each for role in Role if role in held for each in PERMISSIONS[role]}
    for address, permission, status in statuses(signed_in(*roles), enrollment, declared, reference, parts):
        assert (status != 403) == (permission in permitted), address


@pytest.mark.parametrize("roles", [NOBODY, ("auditor",)], ids=["nobody", "auditor"])
def test_an_auditor_changes_nothing(enrollment, signed_in, declared, roles):
    reference, parts = add_request(enrollment)
    before = contents(enrollment)
    assert len(list(statuses(signed_in(*roles), enrollment, declared, reference, parts))) == len(declared)
    assert contents(enrollment) == before
    assert set(enrollment.trail()) <= {"request.read", "queue.exported"}


def test_a_person_who_is_not_signed_in_sees_and_changes_nothing(enrollment, declared):
    reference, parts = add_request(enrollment)
    before = contents(enrollment)
    for address, _permission, status in statuses(enrollment.a_browser(), enrollment, declared, reference, parts):
        assert status in (303, 503), address  # to the sign-in, or told that the identity provider is away
    assert contents(enrollment) == before
    assert enrollment.trail() == []


@pytest.mark.parametrize("own", [{"email": "camille@exemple.test"}, {"account_subject": "sub-of-camille"}])
@pytest.mark.parametrize("role", Role)
def test_nobody_reads_or_decides_on_their_own_request(enrollment, signed_in, declared, own, role):
    reference, parts = add_request(enrollment, **own)
    before = contents(enrollment)
    for (_method, rule), _permission, status in statuses(signed_in(role), enrollment, declared, reference, parts):
        assert status == 403 or "<reference>" not in rule, rule
    assert contents(enrollment) == before


def test_a_part_of_another_scope_is_not_decided(enrollment, signed_in, declared):
    _reference, parts = add_request(enrollment)
    browser = signed_in("approver:community:soins-palliatifs", "approver:application:messagerie")
    address = ("POST", "/office/requests/<reference>/decision")
    found = statuses(browser, enrollment, {address: declared[address]}, _reference, parts)
    assert [status for _address, _permission, status in found] == [422]
    with enrollment.services.database.reading() as connection:
        assert set(connection.scalars(select(RequestPart.decision))) == {"open"}


def test_a_form_of_another_site_decides_nothing(enrollment, signed_in):
    reference, parts = add_request(enrollment)
    browser = signed_in("administrator")
    for action in ("decision", "notes", "account", "assignment"):
        page = browser.is_made_to_post(f"{enrollment.address}/office/requests/{reference}/{action}", **forms(parts))
        assert page.status == 403
    with enrollment.services.database.reading() as connection:
        assert set(connection.scalars(select(RequestPart.decision))) == {"open"}
