"""What the card software of a workstation calls: it fetches a challenge, and gives the assertion of the card.

    GET  /card/hand-off/<ticket>    -> {"purpose", "nonce", "application"}; the latest nonce counts
    POST /card/hand-off/<ticket>    {"assertion"} -> {"return_to"}, once

The software knows us by our TLS name, and we know it by the ticket alone. The assertion is stored as it came, and
verified when the browser returns, in the login that asked for it.
"""

from flask import Blueprint, Response, abort, jsonify, request

from card_bridge.assertion import LARGEST_ASSERTION
from config.strict_parsing import InvalidJson, parse_json_object
from config.web.csrf import accepts_cross_site_posts
from config.web.prefetch import ignore_prefetch
from idp.login.methods.card.hand_offs import Door, HandOffs
from idp.login.methods.card.proof import CardProofs

PATH = "/card/hand-off/"


def hand_off_blueprint(hand_offs: HandOffs, proofs: CardProofs, *, origin: str) -> Blueprint:
    hand_off = Blueprint("card_hand_off", __name__, url_prefix=PATH.rstrip("/"))

    @hand_off.get("/<ticket>")
    def challenge(ticket: str) -> Response:
        found = hand_offs.find(ticket, Door.SOFTWARE)
        if found is None:
            abort(404)
        nonce = proofs.challenge(found.purpose, flow_id=found.flow_id)
        if not hand_offs.give_challenge(ticket, nonce):
            abort(404)
        return jsonify(purpose=found.purpose.value, nonce=nonce, application=found.application)

    @hand_off.post("/<ticket>")
    @accepts_cross_site_posts
    def assertion(ticket: str) -> Response:
        return_to = hand_offs.take_assertion(ticket, _assertion())
        if return_to is None:
            abort(404)
        return jsonify(return_to=origin + return_to)

    return ignore_prefetch(hand_off)


def _assertion() -> str:
    """The assertion in the current request's body.

    Raises:
        BadRequest, RequestEntityTooLarge, UnsupportedMediaType
    """
    if request.mimetype != "application/json":
        abort(415)
    try:
        given = parse_json_object(request.get_data(as_text=True)).get("assertion")
    except (InvalidJson, UnicodeDecodeError):
        abort(400)
    if not isinstance(given, str):
        abort(400)
    if len(given) > LARGEST_ASSERTION:
        abort(413)
    return given
