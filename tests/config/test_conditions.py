"""The conditions of use: the greatest version is current, and each version has both languages."""

from pathlib import Path

import pytest

from config.conditions import ConditionsRefused, read_conditions


def test_the_packaged_text_has_both_languages():
    conditions = read_conditions(Path())
    assert conditions.version == "1"
    assert len(conditions.paragraphs("fr")) == len(conditions.paragraphs("en")) > 1


def test_the_greatest_version_is_current(tmp_path):
    for version in ("2", "10"):
        (tmp_path / f"{version}.fr.txt").write_text(f"Version {version}.\n\nDeux\nlignes.\n", encoding="utf-8")
        (tmp_path / f"{version}.en.txt").write_text(f"Version {version}.", encoding="utf-8")
    conditions = read_conditions(tmp_path)
    assert (conditions.version, conditions.paragraphs("fr")) == ("10", ("Version 10.", "Deux lignes."))


def test_paragraphs_are_typeset_and_keep_the_no_break_spaces_of_the_file(tmp_path):
    (tmp_path / "1.fr.txt").write_text("L'accès : ni 1\N{NO-BREAK SPACE}% ni « lui » !", encoding="utf-8")
    (tmp_path / "1.en.txt").write_text("It's yours.", encoding="utf-8")
    conditions = read_conditions(tmp_path)
    assert conditions.paragraphs("fr") == (
        "L’accès\u202f: ni 1\N{NO-BREAK SPACE}% ni «\N{NO-BREAK SPACE}lui\N{NO-BREAK SPACE}»\u202f!",
    )
    assert conditions.paragraphs("en") == ("It’s yours.",)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "has no conditions of use"),
        ({"1.fr.txt": "Texte."}, "1.en.txt: cannot be read"),
        ({"1.fr.txt": "Texte.", "1.en.txt": " \n"}, "1.en.txt: is empty"),
    ],
)
def test_an_unusable_folder_is_refused_with_the_remedy(tmp_path, files, problem):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConditionsRefused, match=problem):
        read_conditions(tmp_path)
