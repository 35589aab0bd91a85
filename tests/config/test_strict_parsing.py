"""JSON and TOML from outside are read strictly (config/strict_parsing.py), and by nothing else."""

import ast
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.strict_parsing import DEEPEST, InvalidJson, InvalidToml, parse_json, parse_json_object, parse_toml

ROOT = Path(__file__).parents[2]

REFUSED = [
    "NaN",
    '{"a": NaN}',
    "[Infinity]",
    "[-Infinity]",
    '"\\ud800"',
    '{"\\udfff": 1}',
    '["\\ud83d", "\\ude00"]',
    "[" * 33 + "]" * 33,
    "[" * 100_000,
    '{"a":' * 50_000,
    "[" * 40 + '"' + "]" * 40,
    '{"a": 1, "a": 2}',
    '{"a": {"b": 1, "b": 1}}',
    "1" * 20,
    "-" + "9" * 20,
    "9" * 100_000,
    "1e400",
    "1" + "0" * 400 + ".0",
    "",
    " ",
    "{",
    "[1,]",
    "{'a': 1}",
    "01",
    '"\n"',
    "nul",
    "{} {}",
    "\ufeff{}",
    b"\xff\xfe{\x00}\x00",
    b'"\xed\xa0\x80"',
    b'"\xc0\x80"',
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_i_json_is_refused(text):
    with pytest.raises(InvalidJson) as refused:
        parse_json(text)
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    "text",
    [
        "null", "[]", "{}", "0", "-9223372036854775808", "1.5e3", '"\\ud83d\\ude00"', '"é\\u0000"',
        "[" * DEEPEST + "]" * DEEPEST, json.dumps("[" * 1000), json.dumps({"a": "}{" * 500 + '\\"'}),
    ],
)  # fmt: skip
def test_what_is_i_json_is_read_as_it_is(text):
    assert parse_json(text) == json.loads(text)
    assert parse_json(text.encode()) == json.loads(text)


def test_only_an_object_is_an_object():
    assert parse_json_object('{"a": 1}') == {"a": 1}
    for text in ("[]", '"a"', "null", "1"):
        with pytest.raises(InvalidJson):
            parse_json_object(text)


NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=DEEPEST - 2,
)


@given(value=JSON, ascii_only=st.booleans())
def test_what_was_written_as_json_is_read_back(value, ascii_only):
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(text=st.text() | st.binary())
def test_whatever_is_sent_is_read_or_refused(text):
    with suppress(InvalidJson):
        parse_json(text)


@pytest.mark.parametrize(
    "text", ["a = ", "a = 1\na = 2", "a = " + "[" * 10_000, "a = " + "9" * 10_000, "a = 2026-02-30", "a = 'x\x00'"]
)
def test_what_is_not_toml_is_refused(text):
    with pytest.raises(InvalidToml):
        parse_toml(text)
    assert parse_toml('a = "é"') == {"a": "é"}


# --- nothing else reads it -----------------------------------------------------------

OURS = {
    "config/strict_parsing.py": "the one that reads it",
    "card_bridge/workstation/pin_entry/window_process.py": "a question of our own bridge, in an interpreter without us",
    "config/jobs.py": "a payload that we have sealed",
    "config/redis/store.py": "records that we have written in Redis",
    "idp/oidc/authorization/checks.py": "a request as we have kept it",
    "idp/saml/sso/login_request.py": "a request as we have kept it",
    "idp/saml/sp_metadata/aggregate.py": "what two processes of ours tell one another",
}
"""Where JSON is read that we have written ourselves, and that nobody else can write."""

READERS = {("json", "loads"), ("json", "load"), ("tomllib", "loads"), ("tomllib", "load"), ("json", "JSONDecoder")}


def readers_in(tree: ast.Module) -> list[int]:
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in READERS:
                found.append(node.lineno)
            case ast.ImportFrom(module=module) if any((module, each.name) in READERS for each in node.names):
                found.append(node.lineno)
            case ast.Attribute(attr="get_json"):
                found.append(node.lineno)
            case ast.Attribute(value=ast.Name(id="request"), attr="json"):
                found.append(node.lineno)
    return found


def test_nothing_else_reads_json_or_toml():
    """`relying_parties/samples` are other people's applications: they know us by the public protocols only."""
    found = {}
    for package in ("config", "idp", "relying_parties", "enrollment", "card_bridge"):
        for file in (ROOT / package).rglob("*.py"):
            name, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
            if name.startswith("relying_parties/samples/") or not re.search("json|tomllib", text):
                continue
            if lines := readers_in(ast.parse(text)):
                found[name] = lines
    assert sorted(found) == sorted(OURS)
