"""Operators invite people and withdraw invitations (enrollment/office/invitations_page.py)."""

import re
from io import BytesIO
from typing import Any

import pytest

from enrollment.office.operators import Permission, Role
from enrollment.office.views import EXTENSION
from tests.actors.browser import Browser
from tests.actors.page import Page

ZOE = {
    "email": "zoe.lefevre@exemple.test",
    "given_name": "Zoé",
    "family_name": "Lefèvre",
    "language": "fr",
    "until": "",
}
ADDRESSES = (
    ("GET", "/office/invitations"),
    ("POST", "/office/invitations"),
    ("POST", "/office/invitations/file"),
    ("POST", "/office/invitations/<invitation>/withdrawal"),
)


def opened(enrollment, browser: Browser) -> Browser:
    assert browser.visits(f"{enrollment.address}/office/invitations").status == 200
    return browser


def invite(browser: Browser, **filled: Any) -> Page:
    form = browser.page.form_with("email", "given_name")
    form.fields.clear()
    return browser.submits(form, **form.hidden | ZOE | filled)


def invite_file(browser: Browser, text: str, encoding: str = "utf-8") -> Page:
    form = browser.page.form_of("Inviter tout le fichier")
    sent: Any = (BytesIO(text.encode(encoding)), "people.csv", "text/csv")
    return browser.submits(form, file=sent)


def waiting(enrollment):
    return enrollment.services.invitations.open_invitations()


def test_one_person_is_invited_with_what_the_operator_approves(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver"))
    page = invite(browser, community="onco-centre", until="2099-01-31")
    assert "1 personne invitée" in page.text
    assert "Zoé Lefèvre" in page.text
    [invitation] = waiting(enrollment)
    assert invitation.approved == {"communities": ["onco-centre"], "applications": []}
    assert (invitation.operator_sub, invitation.operator_name) == ("sub-of-camille", "Camille")
    [letter] = enrollment.letters()
    assert letter["To"] == ZOE["email"]
    assert enrollment.trail() == ["invitation.sent"]


def test_communities_and_applications_of_one_name_are_told_apart(enrollment, signed_in):
    page = opened(enrollment, signed_in("approver")).page
    titles = re.findall(r"<legend>(.*?)</legend>", page.html)
    assert titles == ["Approuvé d’avance", "Communautés", "Applications et services"]


def test_what_others_decide_on_is_not_shown_and_is_refused_by_name(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver:community:onco-centre"))
    assert 'value="dcc"' not in browser.page.html
    page = invite(browser, community="onco-centre", application="dcc")
    assert page.status == 422
    assert "Vous ne décidez pas pour cette application" in page.text
    assert "dcc" in page.text
    assert waiting(enrollment) == []
    assert enrollment.letters() == []


def test_every_problem_is_said_at_once_and_nothing_is_lost(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver"))
    page = invite(browser, email="zoe", language="de", until="demain", family_name="Lefèvre", community="neuro")
    assert page.status == 422
    for said in ("est une seule adresse", "La langue est fr ou en", "Le dernier jour", "Cette communauté"):
        assert said in page.text
    assert page.form_with("email", "given_name").fields["family_name"] == "Lefèvre"


def test_a_file_invites_everybody_or_nobody(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver:community:onco-centre"))
    wrong = (
        "email;communities;applications\n"
        "zoe;onco-centre;\n"
        "paul.nkemba@exemple.test;onco-centre;dcc\n"
        "ines.garreau@exemple.test;neuro;\n"
    )
    page = invite_file(browser, wrong)
    assert page.status == 422
    assert "Ligne 2" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "paul.nkemba@exemple.test, dcc" in page.text
    assert "ines.garreau@exemple.test, neuro" in page.text
    assert waiting(enrollment) == []
    page = invite_file(browser, "email\nzoe.lefevre@exemple.test\npaul.nkemba@exemple.test\n")
    assert "2 personnes invitées" in page.text
    assert len(waiting(enrollment)) == 2


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("", "utf-8", "La première ligne nomme les colonnes"),
        ("email\nzoe@exemple.test\n", "utf-16", "pas un texte en UTF-8"),
        ("email\nzoé\n", "latin-1", "pas un texte en UTF-8"),
        ("email\nzoe\n", "utf-8", "Ligne 2"),
        ("email;until\nzoe@exemple.test;demain\n", "utf-8", "Le dernier jour"),
        ("email\nzoe@exemple.test;x\n", "utf-8", "Ligne 2"),
    ],
)
def test_a_file_that_is_wrong_is_said_so_with_its_line(enrollment, signed_in, text, encoding, said):
    page = invite_file(opened(enrollment, signed_in("approver")), text, encoding)
    assert page.status == 422
    assert said in page.text.replace("\N{NO-BREAK SPACE}", " ")


def test_an_invitation_is_withdrawn_once(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver"))
    invite(browser)
    form = browser.page.form_of("Retirer zoe.lefevre@exemple.test")
    page = browser.submits(form)
    assert "son lien n'ouvre plus rien" in page.text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    assert waiting(enrollment) == []
    assert browser.submits(form).status == 404
    assert enrollment.trail() == ["invitation.sent", "invitation.withdrawn"]


def test_the_page_is_in_english_too(enrollment, signed_in):
    page = opened(enrollment, signed_in("approver", languages="en")).page
    assert "Invite one person" in page.text
    assert "Open invitations" in page.text or "No invitation is waiting" in page.text


@pytest.mark.parametrize("roles", [(), ("auditor",), ("approver",), ("administrator",)], ids=str)
def test_only_those_who_may_invite_open_the_pages(enrollment, signed_in, roles):
    permitted = bool({Role.APPROVER, Role.ADMINISTRATOR} & set(roles))
    browser = signed_in(*roles)
    token = browser.visits(f"{enrollment.address}/").form_with("form_token").fields["form_token"]
    declared = enrollment.app.extensions[EXTENSION].permissions
    for method, rule in ADDRESSES:
        assert declared[method, rule] is Permission.INVITE
        address = f"{enrollment.address}{rule.replace('<invitation>', 'a' * 32)}"
        posting = ZOE | {"email": "zoe", "form_token": token} if method == "POST" else None
        assert (browser.asks(address, posting=posting).status_code != 403) == permitted, rule
    assert waiting(enrollment) == []
