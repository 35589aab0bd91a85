"""The floor of a sign-in in the framework that we use: two Flask routes that do exactly what the floor does.

What it costs more than the floor is what Flask costs; what we cost more than it
is what checking, protecting and answering as the protocol says cost.
"""

from flask import Flask, Response

from tests.benchmarks import floors
from tests.benchmarks.floors import REDIRECT, TOKENS, Floor


def application_of(floor: Floor) -> Flask:
    """Flask as it comes."""
    flask = Flask(__name__)

    @flask.get("/authorize")
    def authorize() -> Response:
        floor.authorize()
        return Response(status=303, headers=REDIRECT)

    @flask.post("/token")
    def token() -> Response:
        floor.token()
        return Response(TOKENS, mimetype="application/json")

    @flask.get("/health/live")
    def live() -> Response:
        return Response(b"{}", mimetype="application/json")

    return flask


application = application_of(floors.application)
