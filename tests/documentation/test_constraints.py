"""constraints.txt: everything is pinned, with hashes, so that pip installs no other file than the one we tested."""

import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GROUPS = ("product", "samples", "workstation", "gunicorn", "development", "reader-build", "reader")


def pinned(*groups: str) -> str:
    return subprocess.run([ROOT / ".ci/pinned", *groups], check=True, capture_output=True, text=True).stdout


def blocks(text: str) -> dict[str, str]:
    found = re.findall(r"^[a-z0-9].*(?:\n    .*)*\n", text, re.MULTILINE)
    return {canonicalize_name(block.partition("==")[0]): block for block in found}


@pytest.mark.parametrize("group", GROUPS)
def test_each_package_has_one_exact_version_and_hashes(group):
    section = blocks(pinned(group))
    assert section
    for name, block in section.items():
        assert re.match(rf"{re.escape(name)}==[0-9][^ ]*", block), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), name


def test_what_setup_cfg_lists_is_in_its_section():
    settings = ConfigParser(interpolation=None)
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = {"product": settings["options"]["install_requires"], **settings["options.extras_require"]}
    for group, requirements in listed.items():
        wanted = {canonicalize_name(Requirement(line).name) for line in requirements.split("\n") if line}
        assert wanted <= blocks(pinned(*GROUPS[: GROUPS.index(group) + 1])).keys()


def test_a_group_that_does_not_exist_is_an_error():
    answered = subprocess.run([ROOT / ".ci/pinned", "nothing"], check=False, capture_output=True, text=True)
    assert answered.returncode == 1
    assert "no group nothing" in answered.stderr
