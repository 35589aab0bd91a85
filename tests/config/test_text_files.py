"""Files as people write them are read, and files that others may read are not (config/text_files.py)."""

import os

import pytest

from config.text_files import FileRefused, NotText, read_private_text, read_text, text_of, why_not_private

MARK = b"\xef\xbb\xbf"


def test_notepad_s_mark_and_line_ends_are_taken():
    assert text_of(MARK + "é\r\nb\r\n".encode()) == "é\nb\n"
    assert text_of(b"a\nb") == "a\nb"
    assert text_of(b"") == ""
    assert text_of(b"a\rb") == "a\rb", "what ends no line is left as it is"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_what_to_do(encoding):
    with pytest.raises(NotText, match="UTF-16: save it as UTF-8"):
        text_of('environment = "é"'.encode(encoding))


def test_another_encoding_is_refused_with_its_line():
    with pytest.raises(NotText, match=r"UTF-8 \(line 2\)"):
        text_of("a\nRégion".encode("latin-1"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620, 0o602, 0o777, 0o601, 0o610])
def test_a_secret_that_others_may_read_or_write_is_refused_with_what_to_type(tmp_path, mode):
    file = tmp_path / "secret"
    file.write_text("x", encoding="utf-8")
    file.chmod(mode)
    if mode == 0o640 and os.geteuid() == 0:
        assert read_private_text(file) == "x", "root's, and its group's to read"
        return
    with pytest.raises(FileRefused, match=rf"{mode:04o}\): chmod 6[04]0 {file}"):
        read_private_text(file)
    assert read_text(file) == "x"


def test_root_may_let_the_service_s_group_read(tmp_path):
    file = tmp_path / "secret"
    file.touch()

    class OfRoot:
        st_uid = 0
        st_mode = 0o100640

    class OfAnotherUser(OfRoot):
        st_uid = 1000

    assert why_not_private(file, OfRoot) is None
    assert "chmod 600" in why_not_private(file, OfAnotherUser)
    OfRoot.st_mode = 0o100660
    assert "chmod 640" in why_not_private(file, OfRoot)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_read(tmp_path, mode):
    file = tmp_path / "secret"
    file.write_bytes(MARK + b"x\r\n")
    file.chmod(mode)
    assert read_private_text(file) == "x\n"


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "large").write_bytes(b"x" * 11)
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory"), (tmp_path / "large", "larger")):
        with pytest.raises(FileRefused, match=why):
            read_text(path, at_most=10)
