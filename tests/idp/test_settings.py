"""Every setting is checked at the start: an invalid one gets one sentence that names the setting, never a traceback."""

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
    "enrollment_secret_file": ["a\x00b", "~nobody-of-that-name/x"],
    "card_bridge_ports": [["x"], [80], [16731, 16731], [70000], "", "16731;16732"],
    "card_tls_domain": ["CPS.id.example", "a b", "-x", "é", "x" * 300, "https://cps.id.example", "cps.id.example."],
    "card_tls_socket": ["a\x00b", "~nobody-of-that-name/x"],
    "card_trust_folder": ["a\x00b", "~nobody-of-that-name/x"],
    "card_types": [[], ["cps"], ["CPS", "CB"], "", "CPS;CPF"],
    "card_policies": [["x"], ["1"], ["3.1.2"], ["1.02"], ["1..2"], "1.2;1.3"],
    "card_revocation_lists": [["x"], [""], ["ldap://host/cn=x"], ["http://user@host/x.crl"], ["http://host/a b"], ["file:///x"]],
    "card_ocsp_address": NO_WEB_ADDRESS,
    "time_zone": ["", "Paris", "Europe/Nowhere", "../../etc/passwd"],
    "data_folder": ["a\x00b", "a\nb", "~nobody-of-that-name/x"],
    "conditions_folder": ["a\x00b", "~nobody-of-that-name/x", "/no/such/folder"],
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
"""The invalid values of each text setting. Those of a setting of another type depend on its type, below."""

OF_A_TYPE: dict[type, list[object]] = {
    int: ["x", "", "1.5", 1.5, True, [], "1" * 5000, 10**30, "१"],
    bool: ["perhaps", "", 2, "TRUE "],
    timedelta: ["x", "", 5, "5", "5 y", "-5 s", "999999999999999 d", "9" * 5000 + " s", "36501 d", "१ s"],
}
MAY_BE_ZERO = {"redis_replicas_confirm", "metrics_port", "saml_clock_skew"}
ANY_TEXT: set[str] = set()
"""The text settings that accept any value; there is none so far."""


def wrong_values(field):
    if issubclass_of_enum(field.type):
        return ["invented", "", 1]
    of_a_type = OF_A_TYPE.get(field.type, [])
    negative = {int: [-1]}.get(field.type, [])
    zero = [] if field.name in MAY_BE_ZERO else {int: [0], timedelta: ["0 s"]}.get(field.type, [])
    return of_a_type + negative + zero + WRONG.get(field.name, [])


def issubclass_of_enum(kind):
    return isinstance(kind, type) and issubclass(kind, StrEnum)


SETTINGS = [field for field, _ in declarations(Settings)]


@pytest.mark.parametrize("field", SETTINGS, ids=lambda field: field.name)
def test_an_invalid_value_is_refused_and_its_setting_is_named(field):
    wrong = wrong_values(field)
    assert wrong or field.name in ANY_TEXT, "add values to WRONG that this setting must refuse"
    is_secret = not field.repr
    for value in wrong:
        with pytest.raises(SettingsError) as refused:
            loaded(DEVELOPMENT | {field.name: value})
        problems = [problem for problem in refused.value.problems if problem.startswith(f"{field.name}: ")]
        assert len(problems) == 1, (value, refused.value.problems)
        assert "\n" not in problems[0]
        assert len(problems[0]) < 400
        assert not is_secret or len(str(value)) < 12 or str(value) not in problems[0]


def test_all_invalid_values_are_reported_together():
    given = {name: values[0] for name, values in WRONG.items() if name not in ("issuer", "saml_scope")}
    with pytest.raises(SettingsError) as refused:
        loaded(DEVELOPMENT | given, unheard_of=1, port="x")
    named = {problem.partition(":")[0] for problem in refused.value.problems}
    assert named >= {*given, "unheard_of", "port"}


def test_the_defaults_are_valid():
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
def test_a_valid_value_is_accepted(name):
    for value in GOOD[name]:
        loaded(DEVELOPMENT | {name: value})


# --- settings that only development allows ---------------------------------------------


def problems_of(**changed):
    try:
        loaded(PRODUCTION | changed)
    except SettingsError as refused:
        return refused.problems
    return []


def test_valid_settings_of_production_are_accepted():
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
def test_a_network_of_proxies_that_contains_strangers_is_refused(environment, network):
    [problem] = problems_of(environment=environment, trusted_proxies=["127.0.0.1", network])
    assert problem.startswith(f"trusted_proxies: {network} ")
    assert is_too_wide(network)


@pytest.mark.parametrize("host", ["smtp.exemple.test", "192.0.2.1", "10.0.0.1"])
def test_mail_to_another_machine_needs_tls(host):
    [problem] = problems_of(smtp_security="none", smtp_host=host)
    assert problem.startswith("smtp_security: ")


@pytest.mark.parametrize("issuer", ["https://id.exemple.test", "https://192.0.2.1", "https://localhost.exemple.test"])
def test_development_needs_an_issuer_on_this_machine(issuer):
    with pytest.raises(SettingsError, match="environment: development needs an issuer on this machine"):
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


def test_a_settings_file_written_by_notepad_is_read(tmp_path):
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
def test_an_unreadable_settings_file_is_refused_and_the_reason_given(tmp_path, octets, why):
    with pytest.raises(SettingsError, match=why):
        Settings.load(settings_file(tmp_path, octets), environment={})


def test_a_file_that_cannot_be_read_is_the_only_problem_that_is_reported(tmp_path):
    """What it would have set is not missing."""
    for file in (tmp_path / "none", settings_file(tmp_path, b"region = ")):
        with pytest.raises(SettingsError) as refused:
            Settings.load(file, environment={})
        assert len(refused.value.problems) == 1


def test_without_any_settings_the_way_to_give_them_is_said():
    with pytest.raises(SettingsError, match="give --settings FILE, or name the file in POTERNE_SETTINGS"):
        Settings.load(environment={})


def test_a_misspelt_setting_is_told_the_nearest(tmp_path):
    with pytest.raises(SettingsError, match=r"redis_urll: no such setting; did you mean redis_url\?"):
        Settings.load(settings_file(tmp_path, (TOML + '\nredis_urll = "redis://x"\n').encode()), environment={})


def test_a_missing_settings_file_is_reported(tmp_path):
    for file, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(SettingsError, match=why):
            Settings.load(file, environment={})


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o660, 0o604, 0o602])
def test_a_settings_file_open_to_others_is_refused_with_the_command_that_closes_it(tmp_path, mode):
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


def test_a_secret_is_read_from_a_private_file_only_also_one_written_by_notepad(tmp_path):
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


# --- settings that this machine cannot satisfy -------------------------------------------


def test_usable_settings_are_accepted(settings):
    refuse_unusable(settings)
    assert stat.S_IMODE((settings.data_folder / "key-encryption-key").stat().st_mode) == 0o600


def test_all_unusable_settings_are_reported_together(tmp_path):
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


def test_an_address_of_another_machine_is_refused(settings):
    elsewhere = loaded(DEVELOPMENT, data_folder=str(settings.data_folder), host="192.0.2.1")
    with pytest.raises(SettingsError, match=r"host: cannot listen on 192\.0\.2\.1"):
        refuse_unusable(elsewhere)


def test_a_test_card_never_logs_in_in_production():
    with pytest.raises(SettingsError, match="card_environment: must be real in production"):
        loaded(PRODUCTION, card_environment="test")


def test_authorities_without_revocation_lists_are_refused():
    with pytest.raises(SettingsError, match="card_revocation_lists: must be set"):
        loaded(DEVELOPMENT, card_trust_folder="/etc/poterne/card-authorities")
