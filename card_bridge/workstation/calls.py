"""The calls that a page makes (door 1): their JSON members, checked, and their answers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from card_bridge.assertion import LONGEST_NONCE, SHORTEST_NONCE, CardAssertion, Purpose
from card_bridge.workstation.bridge import CODE, NONCE, Bridge, SignRequest
from card_bridge.workstation.gate import JSON, page_is_gone
from card_bridge.workstation.pin_entry.base import LONGEST_PIN, Pin
from card_bridge.workstation.version import VERSION
from config.strict_parsing import InvalidJson, parse_json_object

_MEMBERS: Final = {"purpose", "nonce", "code", "language", "pin"}


class CallInvalid(Exception):
    """The body of a call is wrong. The message says which member, and repeats no value."""


class Calls:
    """Answers `/v1/status`, `/v1/sign` and `/v1/cancel`. The gate has admitted the request."""

    def __init__(self, bridge: Bridge, *, pin_from_page: bool) -> None:
        self._bridge = bridge
        self._pin_from_page = pin_from_page

    def status(self, request: Request, origin: str) -> Response:
        """The state of readers and card, and whether a page may carry the PIN (`BridgeSettings.pin_from_page`).

        Only an origin that the person has confirmed is told the holder.
        """
        _empty_object(request)
        seen = self._bridge.look()
        return _json(
            {"bridge": VERSION, "changes": seen.changes, "pin_from_page": self._pin_from_page}
            | seen.as_members(with_holder=self._bridge.knows(origin))
        )

    def sign(self, request: Request, origin: str) -> Response:
        """Have the card sign. It blocks while the person types the PIN."""
        members = _members(request)
        page_pin = self._page_pin(members)
        try:
            answer = self._bridge.sign(
                _sign_request(members, origin), page_pin=page_pin, is_abandoned=page_is_gone(request)
            )
        finally:
            if page_pin is not None:
                page_pin.wipe()
        if isinstance(answer, CardAssertion):
            return _json({"assertion": answer.written()})
        return _json({"outcome": answer.reason, "tries_left": answer.tries_left})

    def cancel(self, request: Request, origin: str) -> Response:
        """End the operation that this origin has begun, if there is one."""
        _empty_object(request)
        self._bridge.cancel(origin)
        return _json({})

    def _page_pin(self, members: Mapping[str, Any]) -> Pin | None:
        pin = members.get("pin")
        if pin is None:
            return None
        if not self._pin_from_page:
            raise CallInvalid("pin: the settings of this computer do not accept a PIN from a page")
        if not isinstance(pin, str) or not pin.isascii() or not 0 < len(pin) <= LONGEST_PIN:
            raise CallInvalid(f"pin: must have 1 to {LONGEST_PIN} characters")
        return Pin(pin.encode())


def _sign_request(members: Mapping[str, Any], origin: str) -> SignRequest:
    purpose, nonce, code = members.get("purpose"), members.get("nonce"), members.get("code", "")
    if purpose not in list(Purpose):
        raise CallInvalid(f"purpose: must be one of {', '.join(Purpose)}")
    if not isinstance(nonce, str) or not NONCE.match(nonce):
        raise CallInvalid(f"nonce: must have {SHORTEST_NONCE} to {LONGEST_NONCE} characters of base64url")
    if not isinstance(code, str) or (code and not CODE.match(code)):
        raise CallInvalid("code: must be groups of capital letters and digits, such as KMT 482")
    if not isinstance(language := members.get("language", ""), str):
        raise CallInvalid("language: must be a text, such as fr")
    return SignRequest(origin=origin, purpose=Purpose(purpose), nonce=nonce, code=code, language=language)


def _members(request: Request) -> dict[str, Any]:
    try:
        members = parse_json_object(request.get_data(cache=False), deepest=1)
    except InvalidJson as fault:
        raise CallInvalid("the body is not a JSON object") from fault
    if members.keys() - _MEMBERS:
        raise CallInvalid(f"the members are {', '.join(sorted(_MEMBERS))}")
    return members


def _empty_object(request: Request) -> None:
    if _members(request):
        raise CallInvalid("the object must be empty")


def _json(members: Mapping[str, Any]) -> Response:
    return Response(json.dumps(members), content_type=JSON)
