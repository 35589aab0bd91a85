"""Error handlers: an exception becomes a page for people or JSON for programs, without internal details.

Each has the request's number as its reference, by which operators find the details in the journal.
"""

from collections.abc import Iterable

from flask import Flask, Request, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from config.web.addresses import local_path
from config.web.csrf import CsrfError, posts_our_form
from config.web.pages import FaultPage, SentRequest, render
from config.web.request_id import current_request_id
from config.web.wording import STATUS_FAULTS

HERE_FIELD = "here"

_RETRY_WHEN_UNAVAILABLE = 30  # seconds
_MAY_PASS = (429, 500, 503)
_ABOUT_WHAT_WAS_SENT = (400, 405, 413, 415)
_LONGEST_METHOD, _LONGEST_TYPE = 20, 80  # characters shown of what a stranger chose
_MACHINE_WORDS = {429: "temporarily_unavailable", 500: "server_error", 503: "temporarily_unavailable"}
_MACHINE_SENTENCES = {
    "request.malformed": "the request is malformed",
    "access.denied": "this request is not allowed",
    "page.unknown": "there is nothing at this address: check its spelling, and that it does not end with a slash",
    "request.method": "this address does not accept this method",
    "request.too-large": "the request is too large",
    "request.media-type": "this address does not accept this Content-Type",
    "requests.too-many": "there are too many requests from this network: wait for Retry-After seconds",
    "server.fault": "a fault of this server: its log explains the reference",
    "server.unavailable": "a service that this server needs does not answer: wait for Retry-After seconds",
}
"""`error_description` of an error, by the code of the page that people would get."""


def init_app(app: Flask, *, unavailable: Iterable[type[Exception]], machine_paths: tuple[str, ...]) -> None:
    """Register the error handlers of `app`.

    Exceptions of `unavailable` become a 503. Paths that begin with one of `machine_paths` get JSON.
    """

    def answer(fault: HTTPException) -> AnyResponse:
        if fault.response is not None or fault.code is None or fault.code < 400:
            return fault.get_response()
        in_json = request.path.startswith(machine_paths) if machine_paths else False
        response = _json(fault) if in_json else _page(fault)
        for name, value in fault.get_headers(request.environ):
            if name not in ("Content-Type", "Content-Length"):  # Allow, Retry-After, WWW-Authenticate
                response.headers[name] = value
        return response

    def answer_unavailable(_away: Exception) -> AnyResponse:
        return answer(ServiceUnavailable(retry_after=_RETRY_WHEN_UNAVAILABLE))

    app.register_error_handler(HTTPException, answer)
    for exception in unavailable:
        app.register_error_handler(exception, answer_unavailable)


def _page(fault: HTTPException) -> Response:
    status = fault.code or 500
    here = local_path(request.full_path.rstrip("?"))
    from_our_form = posts_our_form()
    return render(
        FaultPage(
            status=status,
            code=_code(fault, status, from_our_form=from_our_form),
            reference=current_request_id(),
            # a GET of the address of a form shows the form or its result
            back_url=_form_of(fault) or here if from_our_form else None,
            retry_url=here if request.method == "GET" and status in _MAY_PASS else None,
            sent=_described(request) if status in _ABOUT_WHAT_WAS_SENT else None,
            retry_after=_seconds(fault),
        )
    )


def _code(fault: HTTPException, status: int, *, from_our_form: bool) -> str:
    if isinstance(fault, CsrfError):
        return "form.forged"
    if status == 413 and from_our_form:
        return "form.too-large"
    return STATUS_FAULTS.get(status, "server.fault")


def _form_of(fault: HTTPException) -> str | None:
    """The page of a form with a CSRF error, from the form itself. Other requests may be too large to read."""
    return local_path(request.form.get(HERE_FIELD)) if isinstance(fault, CsrfError) else None


def _described(sent: Request) -> SentRequest:
    return SentRequest(
        method=sent.method[:_LONGEST_METHOD], media_type=sent.mimetype[:_LONGEST_TYPE], octets=sent.content_length
    )


def _json(fault: HTTPException) -> Response:
    """An error in the format of OAuth (RFC 6749 section 5.2), for every program."""
    status = fault.code or 500
    sentence = _MACHINE_SENTENCES[STATUS_FAULTS.get(status, "server.fault")]
    if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
        sentence += f": use {' or '.join(sorted(set(fault.valid_methods) - {'HEAD', 'OPTIONS'}))}"
    error = _MACHINE_WORDS.get(status, "invalid_request")
    response = jsonify(error=error, error_description=sentence, reference=current_request_id())
    response.status_code = status
    return response


def _seconds(fault: HTTPException) -> int | None:
    after = getattr(fault, "retry_after", None)
    return after if isinstance(after, int) else None
