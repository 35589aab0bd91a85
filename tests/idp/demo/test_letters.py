"""The page of the e-mails that were written to files."""

from dataclasses import replace
from email.headerregistry import Address

from config.common_settings import MailTransport
from config.mail import FOLDER, Letter, as_message, put_in_folder
from idp.app import create_app
from idp.demo.letters import newest_letters

LINK = "http://localhost:8400/password/choose/abc-DEF_123"


def a_letter(subject: str, body: str):
    letter = Letter(to="jdupont@exemple.test", subject=subject, body=body, kind="test")
    return as_message(letter, sender=Address(addr_spec="poterne@exemple.test"), message_id="<1@exemple.test>")


def test_letters_are_shown_newest_first_each_with_its_link(tmp_path):
    put_in_folder(a_letter("Votre mot de passe a été changé", "Bonjour Jeanne,\n"), tmp_path)
    put_in_folder(a_letter("Choisir votre mot de passe", f"Suivez ce lien :\n{LINK}\n"), tmp_path)
    newest, oldest = newest_letters(tmp_path)
    assert (newest.subject, newest.link) == ("Choisir votre mot de passe", LINK)
    assert (oldest.subject, oldest.link) == ("Votre mot de passe a été changé", None)


def test_letters_of_enrollment_are_among_them(tmp_path):
    of_idp, of_enrollment = tmp_path / "idp", tmp_path / "enrollment"
    put_in_folder(a_letter("Votre mot de passe a été changé", "Bonjour Jeanne,\n"), of_idp)
    put_in_folder(a_letter("Confirmez votre adresse", "http://127.0.0.1:8401/verify/abc-DEF_123\n"), of_enrollment)
    newest, oldest = newest_letters(of_idp, of_enrollment)
    assert (newest.subject, newest.link) == ("Confirmez votre adresse", "http://127.0.0.1:8401/verify/abc-DEF_123")
    assert oldest.subject == "Votre mot de passe a été changé"


def test_the_page_exists_only_when_mail_is_written_to_files(settings, database):
    """Outside development the settings refuse that transport."""
    put_in_folder(a_letter("Choisir votre mot de passe", LINK), settings.data_folder / FOLDER)
    shown = create_app(settings).test_client().get("/demo/letters")
    assert (shown.status_code, LINK in shown.text) == (200, True)
    by_smtp = replace(settings, mail_transport=MailTransport.SMTP, mail_from="poterne@exemple.test")
    assert create_app(by_smtp).test_client().get("/demo/letters").status_code == 404
