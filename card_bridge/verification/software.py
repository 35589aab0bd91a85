"""How a service and the card software of workstations reach each other.

The page calls the software, or leads the browser to it (`software_origins`, `software_addresses`). For a browser that
was led there, the software calls the service:

    GET  /card/hand-off/<ticket>    -> {"purpose", "nonce", "application"}; the latest nonce counts
    POST /card/hand-off/<ticket>    {"assertion"} -> {"return_to"}, once

The software knows the service by its TLS name, and the service knows the software by the ticket alone. The assertion is
stored as it came, and verified when the browser returns, in the login or the draft that asked for it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request

from card_bridge.assertion import LARGEST_ASSERTION
from card_bridge.verification.challenges import Challenges
from card_bridge.verification.hand_offs import Door, HandOffs
from config.strict_parsing import InvalidJson, parse_json_object
from config.web.csrf import accepts_cross_site_posts
from config.web.prefetch import ignore_prefetch


def software_origins(ports: Sequence[int]) -> tuple[str, ...]:
    """The origins at which the page's script looks for the software."""
    return tuple(f"http://127.0.0.1:{port}" for port in ports)


def software_addresses(ports: Sequence[int], *, issuer: str, ticket: str) -> tuple[str, ...]:
    """Where the browser is led with a ticket of the service `issuer`; the usual port first."""
    query = f"issuer={quote(issuer, safe='')}&ticket={ticket}"
    return tuple(f"{origin}/hand-off?{query}" for origin in software_origins(ports))


def card_software_blueprint(hand_offs: HandOffs, challenges: Challenges, *, origin: str) -> Blueprint:
    """What the software calls. `origin` is that of the service."""
    software = Blueprint("card_software", __name__, url_prefix="/card/hand-off")

    @software.get("/<ticket>")
    def challenge(ticket: str) -> Response:
        found = hand_offs.find(ticket, Door.SOFTWARE)
        if found is None:
            abort(404)
        nonce = challenges.new(found.purpose, bound_to=found.bound_to, now=datetime.now(UTC))
        if not hand_offs.give_challenge(ticket, nonce):
            abort(404)
        return jsonify(purpose=found.purpose.value, nonce=nonce, application=found.application)

    @software.post("/<ticket>")
    @accepts_cross_site_posts
    def assertion(ticket: str) -> Response:
        return_to = hand_offs.take_assertion(ticket, _posted_assertion())
        if return_to is None:
            abort(404)
        return jsonify(return_to=origin + return_to)

    return ignore_prefetch(software)


def _posted_assertion() -> str:
    """The assertion in the current request's body.

    Raises:
        BadRequest, RequestEntityTooLarge, UnsupportedMediaType
    """
    if request.mimetype != "application/json":
        abort(415)
    try:
        given = parse_json_object(request.get_data()).get("assertion")
    except InvalidJson:
        abort(400)
    if not isinstance(given, str):
        abort(400)
    if len(given) > LARGEST_ASSERTION:
        abort(413)
    return given
