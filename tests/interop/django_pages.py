"""The addresses of a Django application: djangosaml2's own, and a page that only a logged-in person sees."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


@login_required
def protected(request: HttpRequest) -> HttpResponse:
    """A name and a value a line."""
    told = {name: getattr(request.user, name) for name in ("username", "first_name", "last_name", "email")}
    lines = "".join(f"{name}={value}\n" for name, value in told.items())
    return HttpResponse(lines, content_type="text/plain; charset=utf-8")


def left(_: HttpRequest) -> HttpResponse:
    return HttpResponse("left everywhere", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("saml2/", include("djangosaml2.urls")),
    path("protected", protected),
    path("left", left),
]
