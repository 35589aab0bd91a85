"""Prevents: a request that operators can accept and the identity provider refuses for good, with what a stranger typed.

A delivery is the body of a decision, and is never changed: one that is refused would stay in the list of operators,
and the request with it, for as long as the installation lives.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.actor import Actor
from config.audit.trail import Audit
from enrollment.applicant.person_fields import read_person
from enrollment.applicant.step_order import REQUIRED
from enrollment.delivery.body import provisioning_body
from enrollment.register.importing import import_extract
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.vocabulary import PartKind
from idp.api.account_wanted import read_account
from idp.api.fields import Members
from tests.actors.applicant import ELOISE_TYPES, key_of
from tests.actors.server import Said
from tests.builders.register import a_line, write_extract

KNOWN = (
    "+33261911234", "00441632960961", "FR", "BE", "2A004", "97400", "1000", "99700123450", "459312344", "hidden", "M",
    "DR", "王", "محمد", "Δημήτρης", "a" * 120, "é" * 120, "ﷺ" * 6, "㎏", "\u202eabc", "a\u200b", "\u00ad", "ǆ", "ß",
    "Du\u3164pont", "Du\ufe0fpont", "\u2800", "Ng\u0302\u0323a", "e\u0301\u0302\u0303\u0304",
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=["L", "M", "Zs", "Po", "Pd", "Nd"]), max_size=20),
    st.sampled_from(KNOWN),
)
TYPED = ELOISE_TYPES | {"profession": "", "title": "", "street": "", "postcode": "", "town": ""}


@settings(max_examples=300)
@given(changed=st.dictionaries(st.sampled_from(sorted(ELOISE_TYPES)), texts, max_size=4))
def test_each_person_that_the_form_takes_is_one_that_the_identity_provider_takes(changed):
    read = read_person(ELOISE_TYPES | changed, required=REQUIRED, confirmed=("rpps", "adeli"))
    if read.problems:
        return
    for name, value in read.person.items():
        assert len(value) <= EnrollmentRequest.__table__.c[name].type.length, name
    request = EnrollmentRequest(kind="first_account", language="fr", filled_by={}, **read.person)
    body = Members(json.loads(json.dumps(provisioning_body(request, [], operator="x", account=None))))
    read_account(body, card=None)
    assert body.problems == []


def test_the_reason_of_a_part_is_kept_as_it_is_read(eloise, enrollment):
    eloise.comes_to_the_check("application:dcc", "community:onco-centre")
    eloise.visits("/request/profile")
    reason = "Je\u202e présente\u200b mes \u00adpatientes\u2028 \x1b[2J."
    names = [key_of("application", "dcc"), key_of("community", "onco-centre")]
    eloise.sends(
        *(f"want-{name}" for name in names),
        **{field: value for name in names for field, value in ((f"want-{name}", "yes"), (f"reason-{name}", reason))},
    )
    with enrollment.services.database.transaction() as session:
        reasons = {part.reason for part in session.query(RequestPart) if part.kind != PartKind.ACCOUNT}
    assert reasons == {"Je présente mes patientes [2J."}


@pytest.mark.parametrize("application", ["dcc\u202e", "é", "https://sp.exemple.test/\x7f"])
def test_an_application_that_cannot_be_one_is_passed_over_while_the_offer_is_away(
    eloise, offering, request_of, application
):
    offering.says = lambda _: Said(status=503)
    eloise.visits("/")
    eloise.sends("conditions", conditions="accepted", application=application)
    assert request_of().target_application is None


@pytest.fixture
def registered(eloise, enrollment, tmp_path):
    """She is in the register, which has a distribution line longer than that of the form; and at step 2."""
    database = enrollment.services.database
    extract = write_extract(tmp_path, [a_line(po_box="BP " + "1" * 90)])
    import_extract(database, Audit(database), extract, actor=Actor.service("test"))
    eloise.begins()
    eloise.has_no_card()
    return eloise


@pytest.mark.parametrize("name", ["=d’Aubrac", "d’Aubrac\u202e", "<d’Aubrac>", "d’Aubrac" + "." * 200])
def test_a_name_that_the_register_knows_in_another_form_is_read_as_any_other(registered, request_of, name):
    """The comparison with the register ignores all that is no letter."""
    page = registered.sends("family_name", **TYPED | {"family_name": name, "find": "take", "workplace": "0"})
    assert page.status == 422
    assert request_of().filled_by == {}


def test_an_address_of_the_register_that_the_form_would_refuse_is_left_to_the_person(registered, request_of):
    registered.sends("family_name", **TYPED | {"find": "take", "workplace": "0"})
    assert request_of().profession == "10"
    assert not {"street", "po_box", "postcode"} & set(request_of().filled_by)
