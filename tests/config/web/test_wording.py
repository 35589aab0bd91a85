"""Every message has its English, and every fault its words."""

import re
import string
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po

import config.web
import enrollment
import idp
from config.web.wording import SHELL, STATUS_FAULTS
from enrollment.messages import FAULTS as ENROLLMENT_FAULTS
from enrollment.messages import SENTENCES as ENROLLMENT_SENTENCES
from idp.accounts.passwords.policies import PolicyFault
from idp.messages import FAULTS, SENTENCES
from idp.oidc.errors import Fault
from idp.saml.errors import SamlFault

SERVICES = {service.__name__: (config.web, service) for service in (idp, enrollment)}
"""For each service the packages that its pages are made of: a message is translated in its own package."""
PACKAGES = (config.web, idp, enrollment)
TRANSLATES = re.compile(rf"\b({'|'.join(DEFAULT_KEYWORDS)})\(")
THE_SAME_IN_BOTH = {
    "Version %(version)s",
    "Code",
    "Applications",
    "Public",
    "Profession",
    "Application",
    "Invitations",
    "%(number)d minute",
    "%(number)s h",
}


@cache
def written_in(package: ModuleType) -> set[str]:
    """Every message of the sources, in French."""
    folder = folder_of(package)
    extracted = [
        extract_from_file("python", file) for file in folder.rglob("*.py") if TRANSLATES.search(file.read_text("utf-8"))
    ]
    for file in folder.rglob("templates/**/*.html"):
        extracted.append(extract_from_file("jinja2.ext.babel_extract", file, options={"trimmed": "true"}))
    messages = [message for of_one_file in extracted for _, message, _, _ in of_one_file]
    return {message if isinstance(message, str) else message[0] for message in messages}


def written() -> set[str]:
    return set().union(*map(written_in, PACKAGES))


@cache
def translated_in(package: ModuleType) -> dict[str, str]:
    messages = {}
    with (folder_of(package) / "translations" / "en.po").open("rb") as file:
        for message in read_po(file, locale="en"):
            if message.id:
                assert not message.fuzzy, message.id
                one, said = (
                    (message.id, message.string) if isinstance(message.id, str) else (message.id[0], message.string[0])
                )
                messages[one] = said
    return messages


def folder_of(package: ModuleType) -> Path:
    return Path(str(package.__file__)).parent


@pytest.fixture(params=PACKAGES, ids=lambda package: package.__name__)
def english(request: pytest.FixtureRequest) -> dict[str, str]:
    return translated_in(request.param)


@pytest.mark.parametrize("service", SERVICES)
def test_every_message_is_translated_and_no_translation_is_left_over(service):
    shell, own = SERVICES[service]
    translated = {**translated_in(shell), **translated_in(own)}
    assert (written_in(shell) | written_in(own)) - translated.keys() == set()
    assert translated_in(own).keys() - written_in(own) == set()
    assert translated_in(shell).keys() - written_in(shell) == set()


def test_no_message_stays_french(english):
    assert {french for french, said in english.items() if not said or said == french} <= THE_SAME_IN_BOTH


def test_a_translation_has_no_placeholder_that_the_page_does_not_fill(english):
    """%(name)s is known wherever %(to)s is: English needs no preposition of its own."""

    def places(text: str) -> set[str]:
        return {part.split(")")[0] for part in text.split("%(")[1:]}

    for french, said in english.items():
        assert places(said) <= places(french) | ({"name"} if "to" in places(french) else set()), french


def test_messages_are_written_plainly():
    """Typography is set by the shell: a source holds no invisible space and no curled apostrophe."""
    for message in written():
        assert not set(message) & {"\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "’"}, message
        assert message.strip() or set(message) <= set(string.whitespace)


@pytest.mark.parametrize("fault", [*PolicyFault, "current-password", "password.missing"])
def test_every_fault_of_a_password_has_a_sentence(fault):
    assert SENTENCES[fault]


def test_every_sentence_of_enrollment_is_one_of_its_own():
    """A code that the shell has as well would say another thing here."""
    assert not SHELL.sentences.keys() & ENROLLMENT_SENTENCES.keys()
    assert not SHELL.faults.keys() & ENROLLMENT_FAULTS.keys()


@pytest.mark.parametrize("fault", [*Fault, *SamlFault])
def test_every_fault_of_an_application_has_words(fault):
    assert {**SHELL.faults, **FAULTS}[fault]


@pytest.mark.parametrize("status", STATUS_FAULTS)
def test_every_status_has_words(status):
    assert SHELL.faults[STATUS_FAULTS[status]]


NOT_SAID_IN_FRENCH = re.compile(
    r"\b(tu|ton|ta|tes|toi)\b"  # the reader is addressed as vous
    r"|^(A|E)(?= |tape|tat|crire|chec)"  # capitals have their accents: À, Étape, Écrire
    r"|\binexact\b|essais se sont|ne sert plus|de soi-même|\bà nouveau\b|n'ouvre pas|messagerie électronique"
    r"|\b(mail|email|e-mail|login|password|token|cookie de session)\b",
    re.IGNORECASE,
)
NOT_SAID_IN_ENGLISH = re.compile(
    r"\blogin\b|present password|front page|\bsign-on\b|unwanted mail|\bentitled?\b|underway|in the name of$",
    re.IGNORECASE,
)
UNTYPESET = re.compile(r"\w[;!?]|\w:(?=\s|$)|«\S|\S»|\.\.\.|  ")


def without_places(message: str) -> str:
    return re.sub(r"%\(\w+\)[ds]", "X", message)


def test_french_is_said_as_a_native_says_it():
    """What a reader's ear has found once does not come back."""
    assert [message for message in written() if NOT_SAID_IN_FRENCH.search(without_places(message))] == []


def test_english_is_said_as_a_native_says_it(english):
    assert [said for said in english.values() if NOT_SAID_IN_ENGLISH.search(without_places(said))] == []


def test_signs_of_french_stand_where_typography_wants_them():
    """A space before ; : ! ? and inside « », which the shell makes a narrow one that does not break."""
    assert [message for message in written() if UNTYPESET.search(without_places(message))] == []


def test_no_word_that_a_vowel_would_elide_comes_before_a_name():
    """ "Au nom de Odile" is wrong, and no rule knows every name: the sentence is made so that none is needed."""
    elided = re.compile(r"\b(de|que|je|ne|se|te|me|ce|si|le|la|lorsque|puisque|quoique|jusque)\s*(« )?%\((\w+)\)", re.I)
    begin_with_a_digit = {"day", "moment", "at", "limit", "first", "number", "phone"}
    found = {(message, match[3]) for message in written() for match in elided.finditer(message)}
    assert {message for message, place in found if place not in begin_with_a_digit} == set()
