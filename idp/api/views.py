"""The calls of the interface.

GET   /api/offer                                what people may ask for
POST  /api/matches                              accounts that may be the person of a request
POST  /api/operators                            the roles that operators hold now
POST  /api/cards                                what a card that has signed for enrollment says of its holder
POST  /api/cards/known                          the same of a card that was proved at the login page
POST  /api/provisionings/<request>/letter       the letter that an acceptance would mail; nothing is done
PUT   /api/provisionings/<request>/<sequence>   an accepted request becomes an account and its access, once
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from config.mail import Letter
from config.redis.rate_limits import Throttle
from config.web.csrf import accepts_cross_site_posts
from idp.api.authentication import EnrollmentAuthentication
from idp.api.cards import CardReadings
from idp.api.fields import Members, read_body
from idp.api.matches import Matches
from idp.api.offer import Offer
from idp.api.operators import OperatorRoles
from idp.api.problems import ApiProblem, problem_response
from idp.api.provisionings import Provisionings
from idp.web.client_info import ClientInfo

_MINUTE: Final = timedelta(minutes=1)
_OFFERS_A_MINUTE: Final = 600  # each process of enrollment fetches it once a minute
_PROVISIONINGS_A_MINUTE: Final = 300
_MATCHES_A_MINUTE: Final = 60  # one for each request that an operator opens
_OPERATORS_A_MINUTE: Final = 300
_CARDS_A_MINUTE: Final = 1_200  # of one address, enrollment passes on sixty
_PREVIEWS_A_MINUTE: Final = 60  # one for each decision that an operator reads again


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiViews:
    """The blueprint, over what answers the calls."""

    authentication: EnrollmentAuthentication
    throttle: Throttle
    offer: Offer
    matches: Matches
    operators: OperatorRoles
    cards: CardReadings
    provisionings: Provisionings

    def blueprint(self) -> Blueprint:
        api = Blueprint("api", __name__)

        @api.before_request
        def authenticate() -> None:
            self.authentication.check(request.headers.get("Authorization"), ClientInfo.of(request))

        @api.get("/api/offer")
        def offer() -> AnyResponse:
            self._limit("offer", _OFFERS_A_MINUTE)
            response = _json(self.offer.document())
            response.set_etag(sha256(response.get_data()).hexdigest()[:32])
            return response.make_conditional(request)

        @api.post("/api/matches")
        @accepts_cross_site_posts
        def match() -> Response:
            self._limit("matches", _MATCHES_A_MINUTE)
            return _json(self.matches.post(_body()))

        @api.post("/api/operators")
        @accepts_cross_site_posts
        def operator_roles() -> Response:
            self._limit("operators", _OPERATORS_A_MINUTE)
            return _json(self.operators.post(_body()))

        @api.post("/api/cards")
        @accepts_cross_site_posts
        def read_card() -> Response:
            self._limit("cards", _CARDS_A_MINUTE)
            return _json(self.cards.post(_body()))

        @api.post("/api/cards/known")
        @accepts_cross_site_posts
        def known_card() -> Response:
            self._limit("cards", _CARDS_A_MINUTE)
            return _json(self.cards.post_known(_body()))

        @api.post("/api/provisionings/<request_id>/letter")
        @accepts_cross_site_posts
        def preview(request_id: str) -> Response:
            self._limit("previews", _PREVIEWS_A_MINUTE)
            letter = self.provisionings.preview(request_id, _body())
            return _json({"letter": None if letter is None else _as_json(letter)})

        @api.put("/api/provisionings/<request_id>/<int:sequence>")
        @accepts_cross_site_posts
        def provision(request_id: str, sequence: int) -> Response:
            self._limit("provisionings", _PROVISIONINGS_A_MINUTE)
            done = self.provisionings.put(request_id, sequence, _body())
            answer = {"username": done.username, "account": done.account_id, "letter": done.letter}
            return _json(answer, HTTPStatus.CREATED if done.is_first else HTTPStatus.OK)

        @api.errorhandler(ApiProblem)
        def refused(problem: ApiProblem) -> Response:
            if problem.status is HTTPStatus.FORBIDDEN:
                self.authentication.record_forbidden(problem.code, request.path, ClientInfo.of(request))
            return problem_response(problem)

        return api

    def _limit(self, call: str, at_most: int, *, key: str = "enrollment") -> None:
        """
        Raises:
            ApiProblem: 429, when there were more than `at_most` of these calls in a minute.
        """
        if wait := self.throttle.allow(f"api.{call}", key, limit=at_most, window=_MINUTE):
            raise ApiProblem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "calls.too-many",
                f"more than {at_most} of these calls in a minute: repeat it later",
                headers={"Retry-After": str(wait.seconds)},
            )


def _as_json(letter: Letter) -> dict[str, str]:
    return {"to": letter.to, "subject": letter.subject, "body": letter.body, "language": letter.language}


def _body() -> Members:
    """The body of the current request.

    Raises:
        ApiProblem: 413, 415 or 422.
    """
    return read_body(request.get_data(cache=False), request.mimetype)


def _json(document: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = Response(json.dumps(document, ensure_ascii=False), int(status), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
