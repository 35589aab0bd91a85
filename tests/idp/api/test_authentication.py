"""The secret of the interface: required, replaced without a restart, guessed by nobody."""

import pytest

from idp.api.authentication import SecretFileUnusable, read_secrets
from tests.actors.caller import SECRET, Caller, write_secret

NEW = "the-next-secret-of-the-interface-987654321"


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 40])
def test_a_call_without_the_secret_is_refused(idp, secret):
    answer = Caller(idp=idp, secret=secret).calls("GET", "/api/offer")

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "idp_secret_file" in answer.json["detail"]
    assert idp.trail()[-1] == "api.refused"


def test_two_secrets_are_accepted_while_one_replaces_the_other(idp, caller, secret_file):
    write_secret(secret_file.parent, NEW, SECRET)
    assert caller.calls("GET", "/api/offer").status_code == 200
    assert Caller(idp=idp, secret=NEW).calls("GET", "/api/offer").status_code == 200

    write_secret(secret_file.parent, NEW)
    assert caller.calls("GET", "/api/offer").status_code == 401


def test_a_file_that_cannot_be_used_is_told_to_its_owner_and_opens_nothing(caller, secret_file, caplog):
    secret_file.chmod(0o644)
    answer = caller.calls("GET", "/api/offer")
    assert (answer.status_code, answer.json["code"]) == (503, "secret.unusable")
    assert "chmod 6" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("secrets", [("short",), ("a" * 32, "b" * 32, "c" * 32), ("é" * 32,), ("",)])
def test_a_secret_is_long_and_there_are_two_at_most(tmp_path, secrets):
    file = write_secret(tmp_path, "x")
    file.write_text("\n".join(secrets), encoding="utf-8")
    with pytest.raises(SecretFileUnusable):
        read_secrets(file)


def test_many_wrong_secrets_do_not_fill_the_trail(idp, caller, frozen):
    wrong = Caller(idp=idp, secret="x" * 40)
    statuses = [wrong.calls("GET", "/api/offer").status_code for _ in range(15)]

    assert statuses == [401] * 10 + [429] * 5
    assert idp.trail().count("api.refused") == 10
    assert caller.calls("GET", "/api/offer").status_code == 200  # the right one passes


class TestWithoutTheSetting:
    @pytest.fixture
    def changed_settings(self):
        return {}

    def test_there_is_no_interface(self, caller):
        answer = caller.calls("GET", "/api/offer")
        assert (answer.status_code, answer.mimetype) == (404, "application/json")
