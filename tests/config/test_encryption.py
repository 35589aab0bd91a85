"""Keys at rest (config/encryption.py)."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.encryption import (
    EncryptionError,
    EncryptionKeyMissing,
    EncryptionKeyUnknown,
    KeyEncryption,
    SealBroken,
    make_encryption_key_file,
    new_key_line,
    put_new_key_first,
    sealed_by,
)


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "keys" / "kek"
    make_encryption_key_file(made)
    return made


@pytest.fixture
def encryption(file):
    return KeyEncryption.read(file)


@given(plaintext=st.binary(max_size=300), bound_to=st.text(max_size=40))
def test_a_sealed_value_opens(plaintext, bound_to):
    encryption = KeyEncryption({"a": b"k" * 32})
    assert encryption.open(encryption.seal(plaintext, bound_to=bound_to), bound_to=bound_to) == plaintext


def test_a_sealed_value_does_not_open_in_another_place(encryption):
    sealed = encryption.seal(b"private", bound_to="signing-key 1")
    with pytest.raises(SealBroken):
        encryption.open(sealed, bound_to="signing-key 2")


def test_an_altered_value_does_not_open(encryption):
    sealed = encryption.seal(b"private", bound_to="x")
    altered = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    with pytest.raises(SealBroken):
        encryption.open(altered, bound_to="x")


@pytest.mark.parametrize(
    "value", ["", "private", "sealed1.a", "sealed1.a.%%%", "sealed1.a.AAAA", "sealed1.a.é", "sealed2.a.AAAA"]
)
def test_a_value_that_is_not_sealed_is_refused(encryption, value):
    with pytest.raises((SealBroken, EncryptionKeyUnknown)):
        encryption.open(value, bound_to="x")


def test_the_error_names_the_missing_key(encryption, tmp_path):
    sealed = encryption.seal(b"private", bound_to="x")
    other = tmp_path / "other"
    make_encryption_key_file(other)
    with pytest.raises(EncryptionKeyUnknown) as told:
        KeyEncryption.read(other).open(sealed, bound_to="x")
    assert told.value.key_id == encryption.first_id


def test_a_rotation_encrypts_with_the_new_key_and_the_old_one_can_be_deleted(file, encryption):
    before = encryption.seal(b"private", bound_to="x")
    new_id = put_new_key_first(file)
    after = KeyEncryption.read(file).reseal(before, bound_to="x")
    assert sealed_by(after) == new_id
    file.write_text(file.read_text().splitlines()[0])
    assert KeyEncryption.read(file).open(after, bound_to="x") == b"private"


def test_processes_that_start_together_create_one_file(tmp_path):
    file = tmp_path / "kek"
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: make_encryption_key_file(file), range(8)))
    assert made.count(True) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["kek"]


def test_only_we_can_read_the_file(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_keys_are_not_in_repr(encryption):
    assert repr(encryption) == "KeyEncryption()"


@pytest.mark.parametrize("text", ["", "# nothing\n", "a:short\n", f"A_B:{'A' * 43}=\n", "é:x"])
def test_a_file_that_is_not_a_key_file_is_refused(tmp_path, text):
    file = tmp_path / "kek"
    file.write_text(text)
    with pytest.raises(EncryptionError):
        KeyEncryption.read(file)


def test_a_repeated_key_id_is_refused(tmp_path):
    file = tmp_path / "kek"
    file.touch(0o600)
    file.write_text(new_key_line("a") + new_key_line("a"))
    with pytest.raises(EncryptionError, match="twice"):
        KeyEncryption.read(file)


def test_a_missing_key_file_is_reported(tmp_path):
    with pytest.raises(EncryptionKeyMissing):
        KeyEncryption.read(tmp_path / "none")


def test_derived_keys_differ_by_purpose_and_from_the_key(encryption):
    key_id = encryption.first_id
    assert len({encryption.derived(key_id, "a"), encryption.derived(key_id, "b"), encryption.keys[key_id]}) == 3
