"""People are invited to ask for an account (enrollment/invitations)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from config.actor import Actor
from enrollment.invitations.commands import invitation as command
from enrollment.invitations.invitations import Inviter
from enrollment.invitations.invitees_file import Invitee, read_invitees
from enrollment.invitations.problems import MOST_PROBLEMS, InviteeFault, InviteesRefused
from enrollment.offer import read_offer
from enrollment.requests.models import Invitation, PartVote
from enrollment.requests.vocabulary import PartKind
from tests.builders.enrollment import a_part, a_request
from tests.enrollment.test_idp_client import OFFER

CAMILLE = Inviter(subject="sub-of-camille", name="Camille Ferrand", actor=Actor.operator("cferrand"))
ZOE = Invitee(email="zoe.lefevre@exemple.test", given_name="Zoé", communities=("onco-centre",))


def invite(enrollment, *invitees: Invitee, inviter: Inviter = CAMILLE) -> None:
    enrollment.services.invitations.invite(invitees, inviter=inviter, offer=read_offer(OFFER))


def token_in(letter) -> str:
    return letter.get_content().partition("/invitation/")[2].split()[0]


def test_the_person_gets_a_link_that_opens_the_invitation(enrollment):
    invite(enrollment, ZOE)
    [letter] = enrollment.letters()
    assert (letter["To"], letter["X-Letter-Kind"]) == (ZOE.email, "invitation")
    assert "Camille Ferrand" in letter.get_content()
    found = enrollment.services.invitations.find(token_in(letter))
    assert found.approved == {"communities": ["onco-centre"], "applications": []}
    assert enrollment.trail() == ["invitation.sent"]


def test_of_a_file_that_is_wrong_all_along_so_many_problems_are_told():
    """A page with one for each of its lines would be a hundred times as large as the file."""
    with pytest.raises(InviteesRefused) as refused:
        read_invitees("email\n" + "x\n" * 20_000)
    assert len(refused.value.found) == MOST_PROBLEMS


def test_of_the_names_that_do_not_exist_so_many_are_told(enrollment):
    with pytest.raises(InviteesRefused) as refused:
        invite(enrollment, replace(ZOE, communities=tuple(f"c{number}" for number in range(9_000))))
    assert len(refused.value.found) == MOST_PROBLEMS


def test_the_database_does_not_hold_the_link(enrollment):
    invite(enrollment, ZOE)
    [letter] = enrollment.letters()
    with enrollment.services.database.transaction() as session:
        [kept] = session.scalars(select(Invitation)).all()
        assert token_in(letter) not in (kept.token_hash, kept.id)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43])
def test_another_link_opens_nothing(enrollment, token):
    invite(enrollment, ZOE)
    assert enrollment.services.invitations.find(token) is None


def test_it_ends_at_the_end_of_its_last_day_where_the_region_is(enrollment):
    invite(enrollment, Invitee(email=ZOE.email, until=date(2099, 7, 14)))
    [letter] = enrollment.letters()
    token = token_in(letter)
    ends = datetime(2099, 7, 14, 22, tzinfo=UTC)  # midnight in Paris
    with time_machine.travel(ends - timedelta(seconds=1), tick=False):
        assert enrollment.services.invitations.find(token) is not None
    with time_machine.travel(ends, tick=False):
        assert enrollment.services.invitations.find(token) is None


def test_once_withdrawn_it_opens_nothing(enrollment):
    invite(enrollment, ZOE)
    [waiting] = enrollment.services.invitations.open_invitations()
    assert enrollment.services.invitations.withdraw(waiting.id, actor=CAMILLE.actor)
    assert not enrollment.services.invitations.withdraw(waiting.id, actor=CAMILLE.actor)
    [letter] = enrollment.letters()
    assert enrollment.services.invitations.find(token_in(letter)) is None


def test_what_is_approved_becomes_a_vote_of_who_invited_and_only_that(enrollment):
    invite(enrollment, ZOE)
    [waiting] = enrollment.services.invitations.open_invitations()
    parts = [a_part(PartKind.ACCOUNT), a_part(PartKind.COMMUNITY, "onco-centre"), a_part(PartKind.APPLICATION, "dcc")]
    with enrollment.services.database.transaction() as session:
        a_request(session, parts=parts, invitation_id=waiting.id)
        enrollment.services.invitations.use(session, waiting.id, parts, now=datetime.now(UTC))
        enrollment.services.invitations.use(session, waiting.id, parts, now=datetime.now(UTC))  # good once
        session.flush()
        votes = {vote.part_id: vote.operator_sub for vote in session.scalars(select(PartVote))}
        assert votes == {parts[0].id: CAMILLE.subject, parts[1].id: CAMILLE.subject}
    assert enrollment.services.invitations.open_invitations() == []


def test_an_invitation_from_the_command_line_approves_nothing(enrollment):
    invite(enrollment, ZOE, inviter=Inviter(subject="", name="Région Centre", actor=Actor.command_line()))
    [waiting] = enrollment.services.invitations.open_invitations()
    parts = [a_part(PartKind.COMMUNITY, "onco-centre")]
    with enrollment.services.database.transaction() as session:
        a_request(session, parts=parts, invitation_id=waiting.id)
        enrollment.services.invitations.use(session, waiting.id, parts, now=datetime.now(UTC))
        assert session.scalars(select(PartVote)).all() == []


@pytest.mark.parametrize(
    ("invitee", "problem"),
    [
        (Invitee(email="zoe"), "email: must be one address"),
        (Invitee(email=ZOE.email, given_name="Zoé\r\nBcc: x"), "given_name: must be one line"),
        (Invitee(email=ZOE.email, language="de"), "language: must be fr or en"),
        (Invitee(email=ZOE.email, communities=("neuro",)), "communities: there is no 'neuro'"),
        (Invitee(email=ZOE.email, applications=("records",)), "applications: there is no 'records'"),
        (Invitee(email=ZOE.email, until=date(2020, 1, 1)), "until: has passed"),
    ],
)
def test_when_one_is_wrong_nobody_is_invited(enrollment, invitee, problem):
    with pytest.raises(InviteesRefused) as refused:
        invite(enrollment, ZOE, invitee)
    assert any(problem in each for each in refused.value.problems)
    assert enrollment.letters() == []


def test_a_file_of_a_spreadsheet_is_read():
    text = (
        "Email;given_name;family_name;language;communities;until\n"
        "zoe.lefevre@exemple.test;Zoé;Lefèvre-Montoya;;onco-centre perinat-centre;2099-01-31\n"
        "\n"
        "paul.nkemba@exemple.test;Paul;Nkemba;en;;\n"
    )
    zoe, paul = read_invitees(text)
    assert zoe.communities == ("onco-centre", "perinat-centre")
    assert (zoe.until, zoe.language) == (date(2099, 1, 31), "fr")
    assert (paul.language, paul.until) == ("en", None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: must name columns"),
        ("nom;prenom\n", "line 1: must name columns"),
        ("email\n", "names nobody"),
        ("email;until\nzoe@exemple.test;31/01/2099\n", "line 2: until: must be a day"),
        ("email\nzoe\npaul\n", "line 3: email: must be one address"),
        ("email;language\nzoe@exemple.test;fr;more\n", "line 2: has more fields"),
        ('email\n"zoe@exemple.test\n', "unexpected end of data"),
        ("email\n" + "".join(f"a{number}@exemple.test\n" for number in range(2_001)), "has more than 2,000 people"),
    ],
)
def test_every_problem_of_a_file_is_named_with_its_line(text, problem):
    with pytest.raises(InviteesRefused) as refused:
        read_invitees(text)
    assert any(problem in each for each in refused.value.problems)


def test_every_fault_of_every_line_is_told_at_once(enrollment):
    """A corrected file has no second list of problems: what the offer does not have is told with the rest."""
    text = (
        "email;language;communities;applications;until\n"
        "zoe;de;neuro;;31/01/2099\n"
        "paul.nkemba@exemple.test;fr;onco-centre;records;2020-01-01;more\n"
    )
    faults_of = partial(enrollment.services.invitations.faults_of, inviter=CAMILLE, offer=read_offer(OFFER))
    with pytest.raises(InviteesRefused) as refused:
        read_invitees(text, faults_of)
    assert [(problem.line, problem.fault, problem.detail) for problem in refused.value.found] == [
        (2, InviteeFault.UNTIL_SHAPE, ""),
        (2, InviteeFault.EMAIL, ""),
        (2, InviteeFault.LANGUAGE, ""),
        (2, InviteeFault.NO_COMMUNITY, "neuro"),
        (3, InviteeFault.FIELDS, ""),
        (3, InviteeFault.UNTIL_PASSED, ""),
        (3, InviteeFault.NO_APPLICATION, "records"),
    ]


def test_the_faults_before_a_line_that_is_not_csv_are_told_too():
    with pytest.raises(InviteesRefused) as refused:
        read_invitees('email;language\nzoe;de\n"paul\n')
    assert [problem.fault for problem in refused.value.found] == ["invitee.email", "invitee.language", "invitees.csv"]


def test_the_command_invites_lists_and_withdraws(enrollment, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,given_name\nzoe.lefevre@exemple.test,Zoé\n", encoding="utf-8-sig")

    def run(*words: str) -> str:
        answer = CliRunner().invoke(command, words, obj=enrollment.services)
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert "Invited: 1" in run("import", str(file))
    assert "Invited: 1" in run("send", "paul.nkemba@exemple.test")
    listed = run("list")
    assert "zoe.lefevre@exemple.test" in listed
    run("withdraw", listed.split()[0])
    assert len(enrollment.services.invitations.open_invitations()) == 1
    wrong = CliRunner().invoke(command, ["send", "zoe"], obj=enrollment.services)
    assert wrong.exit_code == 1
    file.write_text("email,until\nzoe,demain\n", encoding="utf-8")
    wrong = CliRunner().invoke(command, ["import", str(file)], obj=enrollment.services)
    assert (wrong.exit_code, wrong.output.count("line 2: ")) == (1, 2)
