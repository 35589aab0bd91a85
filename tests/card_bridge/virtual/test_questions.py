"""The bridge's questions on the page of the kit, answered by a person who looks at that page."""

import re
from dataclasses import replace
from threading import Thread

import pytest
from werkzeug.test import Client

from card_bridge.assertion import Purpose
from card_bridge.states import SignOutcome
from card_bridge.workstation.bridge import Bridge, SignRequest
from card_bridge.workstation.operation import NotSigned
from card_bridge.workstation.origins import Grants
from card_bridge.workstation.pin_entry.base import PinTimedOut
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience
from card_bridge.workstation.presence import PresenceWatch
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.follower import KitReaders
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.questions import Answer, KitDialogs, Questions
from card_bridge.workstation.virtual.server import KitApp
from tests.fixtures.card import KIT_ADDRESS
from tests.processes import until

ORIGIN = "https://id.example"
REQUEST = SignRequest(origin=ORIGIN, purpose=Purpose.LOGIN, nonce="n" * 43, code="KMT 482")


class Page:
    """The kit's page, as a browser has it. It answers one question, in a thread, as soon as the page shows one."""

    def __init__(self, kit: Kit) -> None:
        self._client = Client(KitApp(kit, port=8416))
        self.questions: list[str] = []

    def read(self, language: str = "en") -> str:
        return self._client.get(f"/?lang={language}", base_url=KIT_ADDRESS).text

    def presses(self, *answers: Answer) -> Thread:
        thread = Thread(target=self._press, args=answers, daemon=True)
        thread.start()
        return thread

    def _press(self, *answers: Answer) -> None:
        for answer in answers:
            text = until(self._shown, what="the question")
            self.questions.append(text)
            form = {"answer": answer.value, "to": _id(text)}
            self._client.post("/answer", base_url=KIT_ADDRESS, headers={"Origin": KIT_ADDRESS}, data=form)

    def _shown(self) -> str | None:
        """The page, when it has a question that was not answered yet."""
        text = self.read()
        return text if (asked := _id(text)) and asked not in map(_id, self.questions) else None


def _id(text: str) -> str | None:
    found = re.search(r'name="to" value="([^"]+)"', text)
    return found and found[1]


@pytest.fixture
def page(kit):
    return Page(kit)


@pytest.fixture
def bridge(kit, tmp_path):
    """A bridge over the kit's reader, whose questions are on the kit's page."""
    kit.insert(personas.DOCTOR)
    presence = PresenceWatch(lambda *_: None)
    yield Bridge(KitReaders(kit.folder), KitDialogs(kit, "en"), Grants(tmp_path / "grants.json"), presence)
    presence.stop()


def test_the_person_allows_the_site_and_types_the_pin_on_the_page(bridge, page):
    pressed = page.presses(Answer.ACCEPT, Answer.RIGHT_PIN)
    result = bridge.sign(REQUEST)
    pressed.join()
    assert not isinstance(result, NotSigned)
    allow, type_pin = page.questions
    assert ORIGIN in allow
    assert "<p>Code: <strong>KMT 482</strong></p>" in allow
    assert "Jeanne DUPONT" in type_pin
    assert bridge.knows(ORIGIN)


def test_the_question_speaks_the_language_of_the_page_of_the_service(bridge, page):
    """Also where the kit's own page, and the session of the bridge, speak another."""
    page.presses(Answer.REFUSE)
    bridge.sign(replace(REQUEST, language="fr"))
    assert '<section role="alert" lang="fr"><h2>Autoriser ce site' in page.questions[0]
    assert ">Refuser</button>" in page.questions[0]
    assert "<p>Repère\u202f: <strong>KMT 482</strong></p>" in page.questions[0]


def test_a_wrong_pin_is_pressed(bridge, page, kit):
    page.presses(Answer.ACCEPT, Answer.WRONG_PIN)
    assert bridge.sign(REQUEST) == NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=2)
    assert kit.tries(personas.DOCTOR).left == 2


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((Answer.REFUSE,), SignOutcome.ORIGIN_REFUSED),
        ((Answer.ACCEPT, Answer.REFUSE), SignOutcome.PIN_CANCELLED),
    ],
)
def test_a_refusal_signs_nothing(bridge, page, answers, reason):
    page.presses(*answers)
    result = bridge.sign(REQUEST)
    assert isinstance(result, NotSigned)
    assert result.reason is reason


def test_a_question_that_is_over_leaves_the_page(kit, page):
    dialogs = KitDialogs(kit, "en")
    with pytest.raises(PinTimedOut):
        dialogs.confirm_origin(OriginQuestion(origin=ORIGIN, code="", holder=None), Patience(until=0.0))
    assert 'role="alert"' not in page.read()


def test_the_page_reloads_itself_only_where_the_bridge_asks_on_it(kit):
    client = Client(KitApp(kit, port=8416))
    assert "Refresh" not in client.get("/", base_url=KIT_ADDRESS).headers
    KitDialogs(kit, "fr")
    assert client.get("/", base_url=KIT_ADDRESS).headers["Refresh"] == "2"


def test_an_answer_that_is_not_offered_is_not_taken(kit):
    questions = Questions(kit)
    dialogs = KitDialogs(kit, "en")
    asking = Thread(
        target=dialogs.confirm_origin, args=(OriginQuestion(origin=ORIGIN, code="", holder=None), Patience())
    )
    asking.start()
    shown = until(lambda: questions.waiting, what="the question")
    questions.answer(Answer.RIGHT_PIN, to=shown.id)
    questions.answer(Answer.ACCEPT, to="another")
    assert questions.waiting == shown
    questions.answer(Answer.REFUSE, to=shown.id)
    asking.join()
