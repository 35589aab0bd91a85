"""An address that forms are posted to may be opened in the address bar: it leads back to the page of the form.

A form that was refused is shown at the address it was posted to. A person who reloads it from
the address bar sends a GET, which must not end at a 405.
"""

from collections.abc import Callable
from typing import Final

from flask import Flask, redirect, request
from werkzeug.wrappers import Response as AnyResponse

BACK: Final = "back_from_form_"
"""Begins the endpoints that are added."""


def lead_back_from_forms(app: Flask, *, machine_paths: tuple[str, ...]) -> None:
    """Add a GET to each rule of `app` that has only a POST; call it once all the pages are there.

    It redirects to the nearest address above that can be opened. Paths that begin with one of `machine_paths` are
    left alone.
    """
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.rule, set()).update(rule.methods or ())
    opened = {rule for rule, found in methods.items() if "GET" in found}
    for number, posted in enumerate(sorted(methods.keys() - opened)):
        if "POST" not in methods[posted] or posted.startswith(machine_paths):
            continue
        levels = 1
        while _above(posted, levels) not in opened:
            levels += 1
        app.add_url_rule(posted, f"{BACK}{number}", _leading_back(levels), methods=["GET"])


def _leading_back(levels: int) -> Callable[..., AnyResponse]:
    """The view that takes so many segments off the path of its request."""

    def lead_back(**_values: str) -> AnyResponse:
        return redirect(_above(request.path, levels), 303)

    return lead_back


def _above(path: str, levels: int) -> str:
    return path.rsplit("/", levels)[0] or "/"
