"""A small application that wears the shell: one page, one form, one machine endpoint, one store that goes away."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from jinja2 import DictLoader
from werkzeug.exceptions import BadRequest, TooManyRequests

from config.settings_reader import read
from config.web.csrf import accepts_cross_site_posts
from config.web.pages import Page, render
from config.web.web_app import WebShell
from idp.settings import Settings

FORM_PAGE = """{% extends "layout.html" %}{% from "macros.html" import form_token with context %}
{% block title %}{{ _("Erreur : ") }}{% endblock %}
{% block content %}<form method="post" action="/form">{{ form_token() }}</form>{{ page.name }}{% endblock %}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage(Page):
    template: ClassVar[str] = "form.html"

    name: str = "Jeanne Dupont"


class StoreAway(Exception):
    """The store of this application does not answer; its message must not be shown: 10.0.0.7."""


def shell_settings(**given: object) -> Settings:
    """Those of a production service, but for what is `given`."""
    return read(Settings, file=None, variables={}, given=PRODUCTION | given)


PRODUCTION = {"issuer": "https://id.example", "region": "Santé Centre", "support_phone": "02 00 00 00 00"}


def shell_app(settings: Settings) -> Flask:
    app = Flask("shell_example", static_folder=None)
    shell = WebShell(settings, service="example", machine_paths=("/token", "/health"), unavailable=(StoreAway,))
    shell.init_app(app)
    app.jinja_loader = DictLoader({"form.html": FORM_PAGE})

    @app.get("/form")
    def form() -> Response:
        return render(FormPage(), language=request.args.get("ui_locales"))

    @app.post("/form")
    def posted() -> str:
        return "accepted"

    @app.post("/token")
    @accepts_cross_site_posts
    def token() -> dict[str, str]:
        return {"from": request.remote_addr or "", "scheme": request.scheme}

    @app.post("/protocol")
    @accepts_cross_site_posts
    def protocol() -> str:
        return str(len(request.get_data()))

    @app.post("/protocol/bad")
    @accepts_cross_site_posts
    def bad() -> str:
        raise BadRequest

    @app.get("/token/away")
    @app.get("/away")
    def away() -> str:
        raise StoreAway("10.0.0.7 refused the connection")

    @app.get("/waits")
    def waits() -> str:
        raise TooManyRequests(retry_after=30)

    @app.get("/broken")
    @app.get("/health/broken")
    def broken() -> str:
        raise RuntimeError("SELECT secret FROM account")

    return app


@pytest.fixture(scope="session")
def example_app() -> Flask:
    return shell_app(shell_settings())


@pytest.fixture
def visitor(example_app: Flask) -> FlaskClient:
    return example_app.test_client()
