"""`sample-rp` prints nothing that a terminal would obey (relying_parties/samples/printable.py)."""

import logging

import pytest
from click.testing import CliRunner

from relying_parties.samples.commands import main
from relying_parties.samples.printable import PrintableFormatter, printable

HOSTILE = "a\x1b]0;owned\x07b\u202ec\nd"


def is_harmless(output):
    return all(line.isprintable() for line in output.splitlines())


def test_control_characters_and_invisible_characters_are_escaped():
    assert printable(HOSTILE) == "a\\x1b]0;owned\\x07b\\u202ec\\nd"
    assert printable("Périnat, « le DCC »") == "Périnat, « le DCC »"


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--name", HOSTILE, "--port", "1"],
        ["serve", "--port", HOSTILE],
        ["serve", f"--{HOSTILE}"],
        ["serve", "--config", HOSTILE],
        ["serve", "--protocol", HOSTILE],
        ["metadata", "--protocol", "saml", "--name", "DCC", "--port", "1", "--address", HOSTILE, "--key-folder", "/x",
         "--metadata-url", "http://127.0.0.1/"],
        [HOSTILE],
    ],
)  # fmt: skip
def test_errors_are_escaped(arguments):
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code in (1, 2)
    assert refused.output
    assert is_harmless(refused.output)


def test_a_file_with_hostile_names_and_values_is_refused_in_printable_text(tmp_path):
    file = tmp_path / "hostile.toml"
    file.write_text('protocol = "oidc"\n"x\\u001b[2J" = 1\nname = "a\\u001b[2Jb"\nport = 1\n', encoding="utf-8")
    refused = CliRunner().invoke(main, ["serve", "--config", str(file)])
    assert refused.exit_code == 1
    assert "\\x1b[2J: no such option" in refused.output
    assert "name: must be one line without control characters" in refused.output
    assert is_harmless(refused.output)


def test_log_messages_and_tracebacks_are_escaped():
    wrong = ValueError(HOSTILE)
    record = logging.LogRecord(
        "sample", logging.WARNING, __file__, 1, "login failed: %s", (HOSTILE,), (ValueError, wrong, None)
    )
    written = PrintableFormatter("%(levelname)s %(message)s").format(record)
    assert is_harmless(written)
    assert written.startswith("WARNING login failed: a\\x1b]0;owned\\x07b\\u202ec\\nd\nValueError")
