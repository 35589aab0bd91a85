"""The published extract as a file, whole or bent (enrollment/register/extract_file.py)."""

import zipfile
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment.register.columns import KEPT, LONGEST, LineReader, normalized
from enrollment.register.extract_file import LONGEST_LINE, ExtractRefused, open_extract
from tests.builders.register import COLUMNS, HEADER, NAME, a_line, colleagues, write_extract, zipped


def entries(path):
    with open_extract(path) as extract:
        return [dict(zip(KEPT, entry, strict=True)) for entry in extract.entries()]


def refusal(path):
    with pytest.raises(ExtractRefused) as refused, open_extract(path) as extract:
        list(extract.entries())
    return str(refused.value)


def test_a_line_becomes_what_is_kept_of_it(tmp_path):
    [entry] = entries(write_extract(tmp_path, [a_line()]))
    assert entry == {
        "national_id": "899700123450",
        "title": "DR",
        "civility": "MME",
        "family_name": "D'AUBRAC",
        "given_name": "Éloïse",
        "profession": "10",
        "category": "C",
        "skill": "SM36",
        "mode": "S",
        "structure": "CH DE BELLEFONTAINE",
        "structure_id": "F450000000",
        "street": "3 Rue DES ORMES",
        "po_box": "",
        "postcode": "45800",
        "town": "Saint-Jean-de-Braye",
        "department": "45",
    }


def test_addresses_and_telephones_of_people_are_not_kept(tmp_path):
    [entry] = entries(write_extract(tmp_path, [a_line()]))
    assert not any("@" in value for value in entry.values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_line_ends_are_recognised(tmp_path, encoding, end):
    path = write_extract(tmp_path, [a_line(), a_line(given_name="Zoé")], encoding=encoding, end=end)
    assert [entry["given_name"] for entry in entries(path)] == ["Éloïse", "Zoé"]
    assert entries(path)[0]["national_id"] == "899700123450"


def test_a_header_without_an_accent_leaves_the_encoding_to_the_first_line_that_has_one(tmp_path):
    header = HEADER.translate(str.maketrans("éôÉ", "eoE"))
    path = write_extract(tmp_path, [a_line(given_name="Jeanne"), a_line()], header=header, encoding="latin-1")
    assert [entry["given_name"] for entry in entries(path)] == ["Jeanne", "Éloïse"]


@pytest.mark.parametrize(
    ("label", "label_of_another_year"),
    [
        ("Code civilité d'exercice", "Code civilité exercice"),
        ("Code postal (coord. structure)", "CODE POSTAL"),
        ("Nom d'exercice", "nom d’exercice"),
        ("Libellé Voie (coord. structure)", "Libellé voie"),
    ],
)
def test_columns_are_found_by_their_label_whatever_the_year(tmp_path, label, label_of_another_year):
    path = write_extract(tmp_path, [a_line()], header=HEADER.replace(label, label_of_another_year))
    assert entries(path) == entries(write_extract(tmp_path, [a_line()], name="other.txt"))


def test_columns_may_be_in_another_order(tmp_path):
    backwards = "|".join(reversed(HEADER.split("|")))
    line = "|".join(reversed(a_line().split("|")))
    assert entries(write_extract(tmp_path, [line], header=backwards)) == entries(
        write_extract(tmp_path, [a_line()], name="other.txt")
    )


def test_a_column_that_we_can_do_without_is_empty(tmp_path):
    place = COLUMNS.index("Code savoir-faire")
    without = ["|".join(line.split("|")[:place] + line.split("|")[place + 1 :]) for line in (HEADER, a_line())]
    [entry] = entries(write_extract(tmp_path, without[1:], header=without[0]))
    assert (entry["skill"], entry["mode"]) == ("", "S")


def test_missing_columns_are_named_all_at_once(tmp_path):
    header = HEADER.replace("Nom d'exercice", "Nom").replace("Code profession", "Métier")
    said = refusal(write_extract(tmp_path, [a_line()], header=header))
    assert '"Nom d\'exercice", "Code profession"' in said


def test_a_file_that_is_something_else_is_refused(tmp_path):
    for octets in (b"", b"\n\n", b"Jeanne;Dupont\n", b"\x89PNG\r\n", b"\xff\xfea\x00|\x00"):
        (tmp_path / "else.txt").write_bytes(octets)
        assert "header" in refusal(tmp_path / "else.txt")


def test_a_file_that_is_cut_is_refused(tmp_path):
    path = write_extract(tmp_path, colleagues(3_000))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert "ends in the middle of a line" in refusal(path)


def test_lines_may_end_with_a_separator_that_the_header_lacks(tmp_path):
    assert len(entries(write_extract(tmp_path, [a_line()], header=HEADER.removesuffix("|")))) == 1


def test_a_last_line_without_an_end_is_whole(tmp_path):
    path = write_extract(tmp_path, colleagues(2))
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert len(entries(path)) == 2


@pytest.mark.parametrize("bent", ["a|b|c", a_line() + "x|", a_line(given_name="El\0oise"), a_line(national_id="")])
def test_a_few_lines_that_cannot_be_read_are_left_out_and_counted(tmp_path, bent):
    path = write_extract(tmp_path, [*colleagues(1_500), bent, a_line()])
    with open_extract(path) as extract:
        assert len(list(extract.entries())) == 1_501
        assert (extract.lines, extract.unreadable_lines) == (1_502, 1)


def test_too_many_lines_that_cannot_be_read_are_a_refusal_with_their_number(tmp_path):
    path = write_extract(tmp_path, [*colleagues(500), "a|b|c", a_line()])
    assert "1 of 502 lines cannot be read" in refusal(path)


def test_a_line_longer_than_any_is_a_refusal_and_is_not_held(tmp_path):
    path = write_extract(tmp_path, [a_line(), "x" * (LONGEST_LINE + 1), a_line()])
    assert "line 3 is longer than" in refusal(path)


def test_a_text_longer_than_its_column_is_cut(tmp_path):
    path = write_extract(tmp_path, [a_line(structure="S" * 1_000)])
    assert len(entries(path)[0]["structure"]) == LONGEST[KEPT.index("structure")]


def test_the_published_zip_is_read_without_unpacking(tmp_path):
    other = write_extract(tmp_path, ["1|2|"], header="Type de diplôme|Diplôme|", name="PS_LibreAcces_Dipl_AutExerc.txt")
    archive = zipped(write_extract(tmp_path, [a_line()]), other)
    with open_extract(archive) as extract:
        assert extract.name == NAME
        assert len(list(extract.entries())) == 1


def test_a_zip_that_does_not_say_which_file_is_meant_is_refused(tmp_path):
    archive = zipped(*(write_extract(tmp_path, [a_line()], name=name) for name in ("a.txt", "b.txt")))
    assert "Unpack it" in refusal(archive)


def test_a_zip_that_is_cut_or_altered_is_refused(tmp_path):
    archive = zipped(write_extract(tmp_path, colleagues(2_000)))
    whole = archive.read_bytes()
    middle = len(whole) // 2
    for bent in (whole[:middle], whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]):
        archive.write_bytes(bent)
        assert refusal(archive)


def test_the_date_is_that_of_the_name_in_paris(tmp_path):
    with open_extract(write_extract(tmp_path, [a_line()])) as extract:
        assert extract.published_at == datetime(2026, 11, 28, 7, 42, tzinfo=UTC)


def test_without_a_date_in_its_name_a_file_is_as_old_as_the_file(tmp_path):
    path = write_extract(tmp_path, [a_line()], name="register_999999999999.txt")
    with open_extract(path) as extract:
        assert extract.published_at == datetime.fromtimestamp(path.stat().st_mtime, UTC)


def test_without_a_date_in_the_zip_either_a_file_is_as_old_as_the_zip(tmp_path):
    """A program that knows no date writes the month 0 (APPNOTE, section 4.4.6)."""
    path = tmp_path / "register.zip"
    undated = zipfile.ZipInfo("personne_activite.txt")
    undated.date_time = (1980, 0, 0, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(undated, write_extract(tmp_path, [a_line()]).read_bytes())
    with open_extract(path) as extract:
        assert extract.published_at == datetime.fromtimestamp(path.stat().st_mtime, UTC)


@given(st.text())
def test_a_normalized_label_stays_as_it_is(label):
    assert normalized(normalized(label)) == normalized(label)


@given(st.lists(st.text(st.characters(exclude_characters="|\n\r"), max_size=300), min_size=57, max_size=57))
def test_every_line_of_the_right_width_is_read_within_the_bounds_of_its_columns(fields):
    entry = LineReader(HEADER).read("|".join(fields))
    if entry is not None:
        assert all(len(value) <= longest for value, longest in zip(entry, LONGEST, strict=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(octets=st.binary(max_size=400))
def test_whatever_follows_the_header_is_read_or_refused(tmp_path, octets):
    path = write_extract(tmp_path, [a_line()])
    path.write_bytes(path.read_bytes() + octets)
    with suppress(ExtractRefused):
        assert entries(path)
