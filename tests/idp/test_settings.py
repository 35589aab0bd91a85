"""Every setting is tried before it is used: a wrong value gets a sentence that names it, and never a trace."""

import stat
from dataclasses import MISSING
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from config.settings_checks import is_too_wide
from config.settings_reader import SettingsError, declarations
from config.start_checks import refuse_unusable
from idp.settings import Settings

DEVELOPMENT = {"environment": "development", "issuer": "http://localhost:8400", "mail_transport": "folder"}
PRODUCTION = {
    "environment": "production",
    "issuer": "https://id.exemple.test",
    "key_encryption_key_file": "/etc/poterne/key-encryption-key",
    "mail_from": "id@exemple.test",
}


def loaded(given, **more):
    """`environment` is the name of a setting as well."""
    given = given | more
    return Settings.load(environment={"POTERNE_ENVIRONMENT": str(given.pop("environment"))}, **given)


NO_LINE = ["two\nlines", "\x1b[31m", "x" * 300, "\u202e"]
NO_SECRET = ["two\nlines", "a\x00b"]
NO_HOST = [
    "",
    "two words",
    "host:25",
    "http://host",
    "[::1]:8400",
    "a..b",
    "-a",
    "é.example",
    "x" * 300,
    "host/",
    "a\n",
]
NO_WEB_ADDRESS = [
    "x",
    "ftp://host",
    "javascript:alert(1)",
    "https://",
    "https://[::1",
    "https://host:x",
    "https://a b/",
]

WRONG: dict[str, list[object]] = {
    "issuer": ["", "x", "http://id.example", "https://", "https://id.example/", "https://id.example/path",
               "https://id.example?x", "https://id.example#x", "https://[::1", "https://id.example:99999",
               "https://user@id.example", "https://ID.example", "https://id example", "ftp://id.example", "https://id.example?"],
    "region": NO_LINE,
    "region_logo_file": ["a\x00b", "/no/such/logo.svg", "/etc/passwd", "/"],
    "region_logo_text": NO_LINE,
    "support_phone": NO_LINE,
    "support_email": ["x", "a@b", "Aide <aide@exemple.test>", "é@exemple.test", "a@exemple.test\n"],
    "account_request_url": NO_WEB_ADDRESS,
    "time_zone": ["", "Paris", "Europe/Nowhere", "../../etc/passwd"],
    "data_folder": ["a\x00b", "a\nb", "~nobody-of-that-name/x"],
    "key_encryption_key_file": ["a\x00b", "~nobody-of-that-name/x"],
    "log_level": ["", "debug", "LOUD"],
    "database_url": ["x", "postgresql://host/name", "mysql://host/name", "sqlite:///x", "postgresql+psycopg://host",
                     "postgresql+psycopg://u:p@host:port/name", "postgresql+psycopg://u:p@ss/w@host:x/name",
                     "postgresql+asyncpg://host/name", "oracle+x://host/name"],
    "redis_url": ["x", "localhost:6379", "http://host", "redis:///0", "redis://host:x", "redis://host:99999",
                  "redis://host/name", "redis://ho st", "unix:/", "redis://[::1", "redis://user:p@ss@ho st"],
    "redis_sentinels": [["x"], ["host:0"], ["::1:26379"], ["a b:1"], "host"],
    "redis_primary_name": NO_LINE,
    "redis_username": NO_LINE,
    "redis_password": NO_SECRET,
    "redis_sentinel_password": NO_SECRET,
    "host": NO_HOST,
    "trusted_proxies": [["x"], ["10.0.0.1/8"], ["10.0.0.0/33"], ["proxy.example"], [1], {"a": 1}],
    "saml_entity_id": ["x", "https://id.example/é", "https://id.example/a b", "https://[::1", "urn:" + "x" * 1100],
    "saml_scope": ["a b", "-x", "é", "x" * 300, "a/b"],
    "mail_from": ["x", "Name <x>", "Name <id@exemple.test", "id@exemple.test>", "Na\nme <id@exemple.test>",
                  "a@exemple.test, b@exemple.test", "<>", "<id@exemple.test> Name", "Name id@exemple.test"],
    "smtp_host": NO_HOST,
    "smtp_username": NO_LINE,
    "smtp_password": NO_SECRET,
}  # fmt: skip
"""What each text must not be. A setting of another type has wrong values by its type, below."""

OF_A_TYPE: dict[type, list[object]] = {
    int: ["x", "", "1.5", 1.5, True, [], "1" * 5000, 10**30, "१"],
    bool: ["perhaps", "", 2, "TRUE "],
    timedelta: ["x", "", 5, "5", "5 y", "-5 s", "999999999999999 d", "9" * 5000 + " s", "36501 d", "१ s"],
}
ANY_TEXT: set[str] = set()
"""Texts of which none is wrong; there is none so far."""


def wrong_values(field):
    if issubclass_of_enum(field.type):
        return ["invented", "", 1]
    of_a_type = OF_A_TYPE.get(field.type, [])
    below = [] if field.type is not int or field.name in ("redis_replicas_confirm", "metrics_port") else [0]
    return of_a_type + below + ([-1] if field.type is int else []) + WRONG.get(field.name, [])


def issubclass_of_enum(kind):
    return isinstance(kind, type) and issubclass(kind, StrEnum)


SETTINGS = [field for field, _ in declarations(Settings)]


@pytest.mark.parametrize("field", SETTINGS, ids=lambda field: field.name)
def test_a_wrong_value_is_told_with_its_setting(field):
    wrong = wrong_values(field)
    assert wrong or field.name in ANY_TEXT, "add values to WRONG that this setting must refuse"
    is_secret = not field.repr
    for value in wrong:
        with pytest.raises(SettingsError) as refused:
            loaded(DEVELOPMENT | {field.name: value})
        told = [problem for problem in refused.value.problems if problem.startswith(f"{field.name}: ")]
        assert len(told) == 1, (value, refused.value.problems)
        assert "\n" not in told[0]
        assert len(told[0]) < 400
        assert not is_secret or len(str(value)) < 12 or str(value) not in told[0]


def test_every_wrong_value_is_told_at_once():
    given = {name: values[0] for name, values in WRONG.items() if name not in ("issuer", "saml_scope")}
    with pytest.raises(SettingsError) as refused:
        loaded(DEVELOPMENT | given, unheard_of=1, port="x")
    told = {problem.partition(":")[0] for problem in refused.value.problems}
    assert told >= {*given, "unheard_of", "port"}


def test_the_defaults_are_good_ones():
    settings = loaded(DEVELOPMENT)
    for field, declaration in declarations(Settings):
        if field.default is not MISSING and declaration.check is not None:
            assert declaration.check(getattr(settings, field.name)) is None, field.name


GOOD = {
    "mail_from": ["id@exemple.test", "Poterne <id@exemple.test>", '"Région, Centre" <id@exemple.test>'],
    "database_url": ["postgresql+psycopg://u:p%40ss@host:5432/name", "postgresql+psycopg:///name?host=/run/postgresql"],
    "redis_url": ["redis://host", "rediss://user:p%40ss@host:6380/1", "unix:///run/redis/redis.sock", "redis://[::1]:6379"],
    "host": ["192.0.2.1", "::1", "id.exemple.test", "localhost"],
    "region": ["Région Centre-Val de Loire", "Île\u00a0de France"],
    "trusted_proxies": [["10.0.0.0/8", "2001:db8::/48"], ["127.0.0.1"], "127.0.0.1, ::1"],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_value_is_taken(name):
    for value in GOOD[name]:
        loaded(DEVELOPMENT | {name: value})


# --- what a service for people must not be started with --------------------------------


def problems_of(**changed):
    try:
        loaded(PRODUCTION | changed)
    except SettingsError as refused:
        return refused.problems
    return []


def test_production_as_it_should_be_is_taken():
    assert problems_of() == []
    assert problems_of(trusted_proxies=["10.0.0.0/8", "fd00::/8", "192.0.2.7"], smtp_security="tls") == []
    assert problems_of(smtp_security="none", smtp_host="127.0.0.1") == []


@pytest.mark.parametrize("environment", ["production", "recette"])
@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "64.0.0.0/3",
        "2000::/3",
        "::ffff:0:0/96",
        "::/64",
        "8000::/1",
        "::/1",
    ],
)
def test_a_proxy_s_network_that_holds_strangers_is_refused(environment, network):
    [told] = problems_of(environment=environment, trusted_proxies=["127.0.0.1", network])
    assert told.startswith(f"trusted_proxies: {network} ")
    assert is_too_wide(network)


@pytest.mark.parametrize("host", ["smtp.exemple.test", "192.0.2.1", "10.0.0.1"])
def test_letters_leave_this_machine_protected(host):
    [told] = problems_of(smtp_security="none", smtp_host=host)
    assert told.startswith("smtp_security: ")


@pytest.mark.parametrize("issuer", ["https://id.exemple.test", "https://192.0.2.1", "https://localhost.exemple.test"])
def test_development_is_for_this_machine(issuer):
    with pytest.raises(SettingsError, match="environment: development is for this machine"):
        loaded(DEVELOPMENT | {"issuer": issuer})
    for own in ("http://127.0.0.1:8400", "https://[::1]", "http://id.localhost"):
        assert loaded(DEVELOPMENT | {"issuer": own}).is_development


# --- files --------------------------------------------------------------------------


def settings_file(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "poterne.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    return file


TOML = "\n".join(f'{name} = "{value}"' for name, value in PRODUCTION.items())


def test_a_settings_file_is_read_as_notepad_writes_it(tmp_path):
    octets = b"\xef\xbb\xbf" + (TOML + '\nregion = "Région"\n').replace("\n", "\r\n").encode()
    assert Settings.load(settings_file(tmp_path, octets), environment={}).region == "Région"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (TOML.encode("utf-16"), "UTF-16"),
        ('region = "Région"'.encode("latin-1"), "UTF-8"),
        (b"region = ", "not TOML"),
        (b"a = " + b"[" * 10_000, "nested too deeply"),
        (b"port = " + b"9" * 10_000, "not TOML"),
    ],
)
def test_what_is_no_settings_file_is_said(tmp_path, octets, why):
    with pytest.raises(SettingsError, match=why):
        Settings.load(settings_file(tmp_path, octets), environment={})


def test_a_settings_file_that_cannot_be_read_is_said(tmp_path):
    for file, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(SettingsError, match=why):
            Settings.load(file, environment={})


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o660, 0o604, 0o602])
def test_a_settings_file_open_to_others_is_refused_with_what_to_type(tmp_path, mode):
    file = settings_file(tmp_path, TOML, mode)
    with pytest.raises(SettingsError, match=f"chmod 640 {file}"):
        Settings.load(file, environment={})
    for good in (0o600, 0o640, 0o400):
        file.chmod(good)
        Settings.load(file, environment={})


@pytest.mark.parametrize("name", ["smtp_password", "database_url", "redis_url"])
def test_a_secret_in_a_file_that_others_can_read_is_refused_everywhere(tmp_path, name):
    given = "\n".join(f'{each} = "{value}"' for each, value in DEVELOPMENT.items())
    good = {"smtp_password": "hush", "database_url": "postgresql+psycopg://h/n", "redis_url": "redis://h"}[name]
    file = settings_file(tmp_path, f'{given}\n{name} = "{good}"', 0o644)
    with pytest.raises(SettingsError, match="contains a secret and may be read") as refused:
        Settings.load(file, environment={})
    assert good not in str(refused.value)
    file.chmod(0o600)
    assert getattr(Settings.load(file, environment={}), name) == good


def test_a_secret_of_a_file_is_read_as_notepad_writes_it_and_only_from_a_private_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xef\xbb\xbfhush\r\n")
    variables = {"POTERNE_ENVIRONMENT": "development", "POTERNE_SMTP_PASSWORD_FILE": str(secret)}
    given = {name: value for name, value in DEVELOPMENT.items() if name != "environment"}
    secret.chmod(0o644)
    with pytest.raises(SettingsError, match=f"smtp_password_file: .*chmod 6[04]0 {secret}"):
        Settings.load(environment=variables, **given)
    secret.chmod(0o600)
    assert Settings.load(environment=variables, **given).smtp_password == "hush"
    secret.write_bytes("hush".encode("utf-16"))
    with pytest.raises(SettingsError, match=r"smtp_password_file: .* UTF-16"):
        Settings.load(environment=variables, **given)


# --- what this machine makes of them -----------------------------------------------------


def test_settings_that_can_be_used_are(settings):
    refuse_unusable(settings)
    assert stat.S_IMODE((settings.data_folder / "key-encryption-key").stat().st_mode) == 0o600


def test_what_cannot_be_used_is_told_all_at_once(tmp_path):
    (tmp_path / "a-file").write_text("x", encoding="utf-8")
    key = tmp_path / "key"
    key.write_text("no key", encoding="utf-8")
    key.chmod(0o600)
    settings = loaded(
        DEVELOPMENT, data_folder=str(tmp_path / "a-file/x"), key_encryption_key_file=str(key),
        host="no-such-host.invalid",
    )  # fmt: skip
    with pytest.raises(SettingsError) as refused:
        refuse_unusable(settings)
    data_folder, host = [problem for problem in refused.value.problems if not problem.startswith("key_")]
    assert data_folder == f"data_folder: {tmp_path}/a-file/x cannot be written in: Not a directory"
    assert host.startswith("host: no-such-host.invalid cannot be resolved")
    writable = loaded(DEVELOPMENT, data_folder=str(tmp_path), key_encryption_key_file=str(key))
    with pytest.raises(SettingsError, match=f"key_encryption_key_file: {key}: line 1 is not id:base64"):
        refuse_unusable(writable)


def test_an_address_that_is_not_this_machine_s_is_told(settings):
    elsewhere = loaded(DEVELOPMENT, data_folder=str(settings.data_folder), host="192.0.2.1")
    with pytest.raises(SettingsError, match=r"host: cannot listen on 192\.0\.2\.1"):
        refuse_unusable(elsewhere)
