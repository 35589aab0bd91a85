"""Requests to the token and userinfo endpoints, as the views hand them on."""

from urllib.parse import urlencode

from werkzeug.datastructures import Headers

from idp.oidc.endpoint_request import EndpointRequest

TOKEN_ENDPOINT = "https://idp.example/oidc/token"


def a_request(
    *,
    authorization: str | None = None,
    body: bytes | None = None,
    content_type: str = "application/x-www-form-urlencoded",
    **form: str,
) -> EndpointRequest:
    """A POST of `form`, or of `body` as it is."""
    headers = Headers({"Content-Type": content_type})
    if authorization is not None:
        headers["Authorization"] = authorization
    return EndpointRequest(
        method="POST",
        url=TOKEN_ENDPOINT,
        headers=headers,
        content_type=content_type,
        body=urlencode(form).encode() if body is None else body,
        client_address="192.0.2.1",
    )
