"""Letters leave by SMTP or into a folder (config/mail.py); the server is a real one, in this process."""

import dataclasses
import email
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from config.common_settings import MailTransport, SmtpSecurity
from config.encryption import KeyEncryption
from config.jobs import Job, Jobs
from config.mail import Letter, LetterRefused, Letters, mail_server_problem, warn_of_mail_server
from config.mail_addresses import is_address

A_LETTER = Letter(
    to="jeanne.dupont@exemple.test",
    subject="Sésame : choisissez votre mot de passe",
    body="Bonjour Jeanne,\n\nVoici le lien : https://id.example/password/choose/abc\n.\nÀ bientôt\n"
    + "é" * 1200
    + "\n",
    kind="password-link",
)


class Sink:
    """What the server received."""

    def __init__(self, *, answers=()):
        self.messages = []
        self.recipients = []
        self.senders = []
        self.answers = list(answers)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from)
        return "250 OK"


class AnyPort(Controller):
    """On a port the system chose: aiosmtpd would knock at port 0."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_server(sink: Sink, **options) -> Iterator[int]:
    server = AnyPort(sink, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of "localhost", and the context of a server that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate, monkeypatch):
    """As if the certificate were signed by an authority of this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def jobs(database, store):
    return Jobs(database, store, KeyEncryption({"first": b"k" * 32}))


def by_smtp(settings, port, security=SmtpSecurity.NONE, **given):
    return dataclasses.replace(
        settings,
        mail_transport=MailTransport.SMTP,
        mail_from="ne-pas-repondre@id.example",
        smtp_host="localhost",
        smtp_port=port,
        smtp_security=security,
        **given,
    )


def sends(database, jobs, settings, letter=A_LETTER):
    """Post, and let the job run; how many letters left."""
    letters = Letters(settings, jobs)
    with database.transaction() as session:
        letters.post(session, letter)
    return jobs.run_due()


def left_in_outbox(database):
    with database.transaction() as session:
        return list(session.scalars(select(Job)))


def test_an_email_arrives_unchanged(database, jobs, settings):
    sink = Sink()
    with smtp_server(sink) as port:
        assert sends(database, jobs, by_smtp(settings, port)) == 1
    (message,) = sink.messages
    assert message["To"] == "jeanne.dupont@exemple.test"
    assert message["From"] == "ne-pas-repondre@id.example"
    assert message["Subject"] == A_LETTER.subject
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().replace("\r\n", "\n") == A_LETTER.body
    assert message["Message-ID"].endswith("@id.example>")


@pytest.mark.parametrize(
    ("mail_from", "name"),
    [
        ("Poterne <id@id.example>", "Poterne"),
        ('"Région, Centre" <id@id.example>', "Région, Centre"),
        ("Identités de la région Centre-Val de Loire <id@id.example>", "Identités de la région Centre-Val de Loire"),
        ("<id@id.example>", ""),
        ("id@id.example", ""),
    ],
)
def test_the_sender_s_name_is_in_the_letter_and_its_address_on_the_envelope(database, jobs, settings, mail_from, name):
    sink = Sink()
    with smtp_server(sink) as port:
        assert sends(database, jobs, dataclasses.replace(by_smtp(settings, port), mail_from=mail_from)) == 1
    (message,) = sink.messages
    assert sink.senders == ["id@id.example"]
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "id@id.example")
    assert message["Message-ID"].endswith("@id.example>")


def test_the_connection_uses_tls_before_any_data_is_sent(database, jobs, settings, server_tls, trusting):
    sink = Sink()
    with smtp_server(sink, tls_context=server_tls, require_starttls=True) as port:
        assert sends(database, jobs, by_smtp(settings, port, SmtpSecurity.STARTTLS)) == 1
    assert sink.recipients == [A_LETTER.to]


def test_implicit_tls_is_supported(database, jobs, settings, server_tls, trusting):
    sink = Sink()
    with smtp_server(sink, ssl_context=server_tls) as port:
        assert sends(database, jobs, by_smtp(settings, port, SmtpSecurity.TLS)) == 1


def test_a_server_with_an_untrusted_certificate_gets_no_email(database, jobs, settings, server_tls):
    sink = Sink()
    with smtp_server(sink, tls_context=server_tls) as port:
        assert sends(database, jobs, by_smtp(settings, port, SmtpSecurity.STARTTLS)) == 0
    assert sink.messages == []


def test_a_server_without_starttls_gets_no_email(database, jobs, settings):
    sink = Sink()
    with smtp_server(sink) as port:
        assert sends(database, jobs, by_smtp(settings, port, SmtpSecurity.STARTTLS)) == 0
    assert sink.messages == []


def test_the_client_authenticates_when_the_server_requires_it(database, jobs, settings, server_tls, trusting):
    sink, given = Sink(), []

    def authenticated(_server, _session, _envelope, _mechanism, data):
        given.append((data.login, data.password))
        return AuthResult(success=True)

    with smtp_server(sink, tls_context=server_tls, authenticator=authenticated, auth_required=True) as port:
        settings = by_smtp(settings, port, SmtpSecurity.STARTTLS, smtp_username="poterne", smtp_password="for the test")
        assert sends(database, jobs, settings) == 1
    assert given == [(b"poterne", b"for the test")]


def test_an_email_that_the_server_defers_is_sent_later(database, jobs, settings):
    sink = Sink(answers=["451 try again"])
    with smtp_server(sink) as port:
        assert sends(database, jobs, by_smtp(settings, port)) == 0
        (job,) = left_in_outbox(database)
        assert (job.attempts, job.given_up_at) == (1, None)
        with database.transaction() as session:
            session.get_one(Job, job.id).run_after = datetime.now(UTC)
        assert jobs.run_due() == 1


def test_an_email_that_the_server_rejects_is_given_up(database, jobs, settings):
    with smtp_server(Sink(answers=["550 no such mailbox"])) as port:
        assert sends(database, jobs, by_smtp(settings, port)) == 0
    assert left_in_outbox(database)[0].given_up_at is not None


def test_an_unreachable_server_is_tried_again(database, jobs, settings):
    with smtp_server(Sink()) as port:
        pass
    assert sends(database, jobs, by_smtp(settings, port)) == 0
    (job,) = left_in_outbox(database)
    assert (job.last_error, job.given_up_at) == ("ConnectionRefusedError", None)


def test_an_email_in_the_folder_is_a_private_file(database, jobs, settings):
    assert sends(database, jobs, settings) == 1
    (file,) = (settings.data_folder / "letters").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message.get_content().replace("\r\n", "\n") == A_LETTER.body
    assert (file.suffix, stat.S_IMODE(file.stat().st_mode)) == (".eml", 0o600)


@pytest.mark.parametrize(
    "address",
    [
        "jeanne@exemple.test",
        "j.dupont+dcc@a.exemple.test",
        "o'neil@exemple.test",
        "a@b.example",
        "j_d-1@xn--sant-dpa.test",
    ],
)
def test_an_ordinary_address_is_accepted(address):
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "jeanne", "jeanne@", "@exemple.test", "jeanne@exemple", "jérôme@exemple.test", "jeanne@santé.example",
        "a b@exemple.test", "jeanne@exemple..test", ".jeanne@exemple.test", "jeanne@-exemple.test",
        '"j d"@exemple.test', "Jeanne <jeanne@exemple.test>", "a@exemple.test,b@exemple.test",
        "a" * 65 + "@exemple.test", "a@" + "b." * 130 + "test",
    ],
)  # fmt: skip
def test_an_address_that_mail_servers_refuse_is_refused(address):
    assert not is_address(address)
    with pytest.raises(LetterRefused):
        dataclasses.replace(A_LETTER, to=address)


def test_the_link_in_an_email_is_not_in_repr():
    assert "choose/abc" not in repr(A_LETTER)


# --- is it tried at start ------------------------------------------------------------------


class SinkThatRefusesUs(Sink):
    async def handle_MAIL(self, _server, _session, _envelope, _address, _options):  # noqa: N802 - aiosmtpd's name
        return "550 no such sender"


def test_a_working_mail_server_causes_no_warning(settings, server_tls, trusting):
    sink = Sink()
    with smtp_server(sink, tls_context=server_tls, require_starttls=True) as port:
        assert mail_server_problem(by_smtp(settings, port, SmtpSecurity.STARTTLS)) is None
    with smtp_server(sink) as port:
        assert mail_server_problem(by_smtp(settings, port)) is None
    assert sink.messages == []
    assert mail_server_problem(settings) is None, "letters go into a folder"


def test_the_warning_names_the_setting_that_prevents_mail(settings, server_tls, caplog):
    with smtp_server(SinkThatRefusesUs()) as port:
        assert (
            mail_server_problem(by_smtp(settings, port))
            == f"mail_from: localhost port {port} refuses this sender (550)"
        )
    with smtp_server(Sink()) as port:
        told = mail_server_problem(by_smtp(settings, port, SmtpSecurity.STARTTLS))
        assert told.startswith("smtp_security")
    with smtp_server(Sink(), tls_context=server_tls, require_starttls=True) as port:
        told = mail_server_problem(by_smtp(settings, port, SmtpSecurity.STARTTLS))
        assert told.startswith("smtp_security: TLS with localhost"), "nobody vouches for its certificate"
    told = mail_server_problem(by_smtp(settings, port))
    assert told == f"smtp_host, smtp_port: localhost port {port} does not answer as a mail server: Connection refused"
    warn_of_mail_server(by_smtp(settings, port))
    assert [line.getMessage() for line in caplog.records if line.name == "poterne.mail"] == [
        f"e-mails cannot be sent: {told}"
    ]


def test_a_password_that_the_mail_server_refuses_is_reported(settings, server_tls, trusting):
    def no_one(*_):
        return AuthResult(success=False, handled=False)

    with smtp_server(Sink(), tls_context=server_tls, auth_required=True, authenticator=no_one) as port:
        settings = by_smtp(settings, port, SmtpSecurity.STARTTLS, smtp_username="us", smtp_password="hushhush")
        told = mail_server_problem(settings)
    assert told.startswith("smtp_username: ")
    assert "hushhush" not in told
