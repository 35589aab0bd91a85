"""A request is begun: conditions accepted, the application remembered, one draft in one browser."""

from sqlalchemy import select

from enrollment.requests.models import EnrollmentRequest


def the_request(enrollment):
    with enrollment.services.database.transaction() as session:
        return session.scalars(select(EnrollmentRequest)).one()


def test_a_request_keeps_which_conditions_were_accepted_when_and_in_which_language(eloise, enrollment):
    eloise.begins()
    begun = the_request(enrollment)
    assert (begun.state, begun.conditions_version, begun.conditions_language) == ("draft", "1", "fr")
    assert begun.conditions_accepted_at == begun.created_at


def test_nothing_begins_before_the_conditions_are_accepted(eloise):
    eloise.visits("/")
    page = eloise.sends("conditions")
    assert page.status == 422
    assert page.title.startswith("Erreur")
    assert "acceptez les conditions" in page.text
    assert eloise.visits("/request").status == 404


def test_conditions_that_change_meanwhile_are_shown_again(eloise):
    eloise.visits("/")
    page = eloise.sends("conditions", conditions="accepted", conditions_version="0")
    assert page.status == 422
    assert "viennent de changer" in page.text


def test_the_application_that_the_person_came_for_is_named_and_remembered(eloise, enrollment):
    assert "Dossier communicant de cancérologie" in eloise.visits("/?application=dcc").text
    eloise.begins(application="dcc")
    assert the_request(enrollment).target_application == "dcc"


def test_a_person_who_has_an_account_is_led_to_ask_for_the_application_alone(eloise):
    page = eloise.visits("/?application=dcc")
    assert page.link_to("/more?application=dcc").words == "J’ai déjà un compte : demander seulement cet accès"


def test_an_application_that_is_not_offered_is_not_remembered(eloise, enrollment):
    assert eloise.visits("/?application=%3Cb%3Eunknown").status == 200
    eloise.begins(application="unknown")
    assert the_request(enrollment).target_application is None


def test_the_key_of_a_draft_is_not_in_the_database(eloise, enrollment):
    eloise.begins()
    key = eloise.browser.cookies["127.0.0.1"]["__Host-enrollment-draft"]
    assert len(key) == 43
    assert the_request(enrollment).browser_key_hash != key


def test_a_browser_that_has_begun_goes_on_where_it_was(eloise):
    eloise.begins()
    assert eloise.page.path == "/request/card"
    assert eloise.visits("/request").path == "/request/person"
    assert "Continuer cette demande" in eloise.visits("/").text


def test_to_begin_again_leaves_no_second_draft(eloise, enrollment):
    eloise.begins()
    first = the_request(enrollment).id
    eloise.begins()
    assert the_request(enrollment).id != first


def test_an_address_that_begins_without_end_is_asked_to_wait(eloise, frozen):
    pages = [eloise.begins() for _ in range(31)]
    assert [page.status for page in pages[29:]] == [200, 429]


def test_a_card_is_not_read_here_yet_and_the_person_goes_on(eloise):
    eloise.begins()
    assert "La carte ne peut pas être lue ici" in eloise.sends("card", card="yes").text
    assert eloise.presses("Continuer sans carte").path == "/request/person"


def test_a_step_out_of_order_goes_to_the_first_that_is_missing(eloise):
    eloise.begins()
    for path in ("/request/profile",):
        assert eloise.visits(path).path == "/request/person"
