"""The response that takes a person back to the application, whichever protocol it speaks."""

from dataclasses import replace
from functools import lru_cache

from flask import Response
from markupsafe import escape

from config.web.pages import render
from config.web.responses import RawResponse, see_other
from config.web.security import WITH_ORIGIN
from config.web.web_app import PLACEHOLDER, WebShell
from idp.login.pages import ContinuePage, PostPage
from idp.login.request import LoginRequest
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import form_policy
from idp.web.protocol_response import FormPost, ProtocolResponse, Redirect


def respond(departure: ProtocolResponse, asked: LoginRequest, web: WebShell, *, successful: bool = True) -> Response:
    """The answer to a request that came by a GET of its own: an address is a plain redirection."""
    if isinstance(departure, Redirect):
        return see_other(departure.url)
    return _post(departure, asked, web, successful=successful)


def respond_after_form(
    departure: ProtocolResponse, asked: LoginRequest, web: WebShell, *, successful: bool = True
) -> Response:
    """The answer at the end of our own forms: always a page, since Chromium applies form-action to what follows one."""
    if isinstance(departure, FormPost):
        return _post(departure, asked, web, successful=successful)
    if asked.application is None:
        return see_other(departure.url)
    languages = " ".join(asked.languages)
    page = ContinuePage(application=application_summary(asked.application, web.language(languages)), url=departure.url)
    return render(page, language=languages)


def _post(form: FormPost, asked: LoginRequest, web: WebShell, *, successful: bool) -> Response:
    """Each answer is the same page but for its address, the values of the form, and the words for the application."""
    language = web.language(" ".join(asked.languages))
    shown = None if asked.application is None else application_summary(asked.application, language)
    alike = shown and replace(shown, name="", login_button=PLACEHOLDER, home_url=PLACEHOLDER)
    blank = _blank(tuple([name for name, _ in form.fields]), alike, successful)
    with web.speaking(language):
        to = [shown.to] if shown else []
    values = [form.action, *[value for _, value in form.fields], *to]
    start, *pieces = web.fragments(blank, language)
    body = start + b"".join([escape(value).encode() + piece for value, piece in zip(values, pieces, strict=True)])
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Language", language),
        ("Vary", "Accept-Language, Cookie"),
        ("Content-Security-Policy", form_policy(form.origins)),
        ("Referrer-Policy", WITH_ORIGIN),
    ]
    return RawResponse(body, 200, headers=headers)


@lru_cache(maxsize=256)
def _blank(names: tuple[str, ...], application: ApplicationOnPage | None, successful: bool) -> PostPage:  # noqa: FBT001
    """The page with a place for each value."""
    form = FormPost(action=PLACEHOLDER, fields=tuple((name, PLACEHOLDER) for name in names), origins=())
    return PostPage(application=application, form=form, successful=successful)
