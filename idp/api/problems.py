"""Refusals of the interface, as problem documents (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

from flask import Response

from config.web.request_id import current_request_id


class ApiProblem(Exception):
    """A call is refused.

    Attributes:
        status: the HTTP status.
        code: a word for programs, such as `operator.not-approver`.
        detail: what is wrong and what to change, for an operator.
        problems: every problem of the body, one sentence each, which begins with the member's name.
        headers: further headers of the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problems: Sequence[str] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(f"{status}: {code}")
        self.status = HTTPStatus(status)
        self.code = code
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = headers


def body_problem(problems: Sequence[str]) -> ApiProblem:
    """The refusal of a body that has these problems."""
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "body.refused", "; ".join(problems), problems=problems)


def problem_response(problem: ApiProblem) -> Response:
    """RFC 9457 section 3. The type is `about:blank` (section 4.2.1), so the title is that of the status."""
    document = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": int(problem.status),
        "detail": problem.detail,
        "code": problem.code,
        "reference": current_request_id(),
    }
    if problem.problems:
        document["problems"] = list(problem.problems)
    response = Response(json.dumps(document), int(problem.status), mimetype="application/problem+json")
    response.headers.update(dict(problem.headers))
    response.headers["Cache-Control"] = "no-store"
    return response
