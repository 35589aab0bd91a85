"""What the card software of a workstation calls: it fetches a challenge, and gives the assertion of the card.

    GET  /card/hand-off/<ticket>    -> {"purpose", "nonce", "application"}; the latest nonce counts
    POST /card/hand-off/<ticket>    {"assertion"} -> {"return_to"}, once

The software knows us by our TLS name, and we know it by the ticket alone. The assertion is verified when the browser
returns, in the draft that asked for it.
"""

from flask import Blueprint, Response, abort, jsonify, request

from card_bridge.assertion import LARGEST_ASSERTION, Purpose
from config.strict_parsing import InvalidJson, parse_json_object
from config.web.csrf import accepts_cross_site_posts
from config.web.prefetch import ignore_prefetch
from enrollment.applicant.card.hand_offs import CardHandOffs
from enrollment.applicant.card.reading import CardReadings

RETURN: str = "/request/card/return"


def card_software_blueprint(hand_offs: CardHandOffs, readings: CardReadings, *, origin: str, name: str) -> Blueprint:
    """`name` is that of the service, which the card software shows beside our address."""
    software = Blueprint("card_software", __name__, url_prefix="/card/hand-off")

    @software.get("/<ticket>")
    def challenge(ticket: str) -> Response:
        request_id = hand_offs.request_of(ticket)
        if request_id is None:
            abort(404)
        nonce = readings.challenge(request_id)
        if not hand_offs.give_challenge(ticket, nonce):
            abort(404)
        return jsonify(purpose=Purpose.ENROLLMENT.value, nonce=nonce, application=name)

    @software.post("/<ticket>")
    @accepts_cross_site_posts
    def assertion(ticket: str) -> Response:
        handle = hand_offs.take_assertion(ticket, _posted_assertion())
        if handle is None:
            abort(404)
        return jsonify(return_to=f"{origin}{RETURN}?handle={handle}")

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
