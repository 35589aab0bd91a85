"""How a protocol's response is sent to the browser: a redirect, or a page that leads to the application."""

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


def respond(response: ProtocolResponse, request: LoginRequest, web: WebShell, *, successful: bool = True) -> Response:
    """Send the protocol's response to a request that came by GET: a redirect is a plain 303."""
    if isinstance(response, Redirect):
        return see_other(response.url)
    return _post(response, request, web, successful=successful)


def respond_after_form(
    response: ProtocolResponse, request: LoginRequest, web: WebShell, *, successful: bool = True
) -> Response:
    """Send the protocol's response after one of our forms: always a page, since Chromium applies the `form-action` of
    the form's page to redirects that follow it.
    """
    if isinstance(response, FormPost):
        return _post(response, request, web, successful=successful)
    if request.application is None:
        return see_other(response.url)
    languages = " ".join(request.languages)
    page = ContinuePage(application=application_summary(request.application, web.language(languages)), url=response.url)
    return render(page, language=languages)


def _post(form: FormPost, request: LoginRequest, web: WebShell, *, successful: bool) -> Response:
    """The page of a form: only the address, the values and the application's name differ from one to another."""
    language = web.language(" ".join(request.languages))
    summary = None if request.application is None else application_summary(request.application, language)
    blank = blank_page(tuple([name for name, _ in form.fields]), summary, successful=successful)
    with web.using_language(language):
        to = [summary.to] if summary else []
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


def blank_page(names: tuple[str, ...], application: ApplicationOnPage | None, *, successful: bool) -> PostPage:
    """The page with a placeholder for each value.

    Of `application` it keeps only the logo: the page is cached, and applications without a logo share one.
    """
    shown = application and ApplicationOnPage(name="", login_button=PLACEHOLDER, logo_url=application.logo_url)
    form = FormPost(action=PLACEHOLDER, fields=tuple([(name, PLACEHOLDER) for name in names]), origins=())
    return PostPage(application=shown, form=form, successful=successful)
