"""What we publish is made once, and again once it has changed."""

import pytest

PATHS = ["/.well-known/openid-configuration", "/oidc/jwks"]


@pytest.fixture
def calls(idp):
    return idp.app.test_client(use_cookies=False)


@pytest.mark.parametrize("path", PATHS)
def test_a_cached_document_is_not_sent_again(calls, path):
    """RFC 9110 13.1.2, 15.4.5."""
    first = calls.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    for seen in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"another", {first.headers["ETag"]}', "*"):
        again = calls.get(path, headers={"If-None-Match": seen})
        assert (seen, again.status_code, again.data) == (seen, 304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert "Content-Length" not in again.headers
    assert calls.get(path, headers={"If-None-Match": '"another"'}).data == first.data


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get(calls, path):
    whole, head = calls.get(path), calls.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert head.headers["Content-Length"] == str(len(whole.data))


def test_keys_that_have_changed_are_another_document(idp, calls):
    before = calls.get("/oidc/jwks")
    idp.rotates_keys()
    after = calls.get("/oidc/jwks", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert {key["kid"] for key in after.get_json()["keys"]} != {key["kid"] for key in before.get_json()["keys"]}


def test_a_document_is_serialized_only_when_the_keys_change(idp, calls, monkeypatch):
    for path in PATHS:
        calls.get(path)
    monkeypatch.setattr("idp.oidc.documents.json", None)
    assert [calls.get(path).status_code for path in PATHS] == [200, 200]
