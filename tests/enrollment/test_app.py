"""Enrollment answers: its first page in two languages, within its shell, and its health checks."""


def test_the_first_page_says_what_the_four_steps_are(applicant, enrollment):
    page = applicant.visits(f"{enrollment.address}/")
    assert page.status == 200
    assert page.title.startswith("Demande d’inscription")
    assert "en général sous 3 jours ouvrés. Sa réponse arrive par courriel." in page.text.replace("\u202f", " ")
    assert page.link("J’ai déjà un compte") == "http://localhost:8400"


def test_it_speaks_english(enrollment):
    page = enrollment.a_browser(languages="en").visits(f"{enrollment.address}/")
    assert page.title.startswith("Request an account")
    assert "usually within 3 working days" in page.text


def test_its_stylesheet_follows_the_shells(applicant, enrollment):
    page = applicant.visits(f"{enrollment.address}/")
    sheets = [part.split('"')[0] for part in page.html.split('rel="stylesheet" href="')[1:]]
    assert [sheet.rsplit("/", 1)[1] for sheet in sheets] == ["app.css", "enrollment.css"]
    for sheet in sheets:
        answer = applicant.asks(f"{enrollment.address}{sheet}")
        assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_its_cookies_are_its_own(applicant, enrollment):
    applicant.asks(f"{enrollment.address}/language?to=en&back=/")
    assert list(applicant.cookies["127.0.0.1"]) == ["__Host-enrollment-language"]


def test_it_says_that_it_lives_and_that_it_is_ready(applicant, enrollment):
    assert applicant.asks(f"{enrollment.address}/health/live").get_json() == {"status": "live"}
    ready = applicant.asks(f"{enrollment.address}/health/ready")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "ready")


def test_an_address_that_is_not_there_gets_the_page_of_the_shell(applicant, enrollment):
    page = applicant.visits(f"{enrollment.address}/nowhere")
    assert (page.status, page.title.split(" : ")[0].replace("\u00a0", " ")) == (404, "Erreur")
