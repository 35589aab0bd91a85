"""Prevents: another user of the computer who has the bridge write into a folder of its user, by a link in /tmp."""

import os

import pytest

from card_bridge.workstation.files import make_private_folder


@pytest.fixture
def private(tmp_path):
    """A folder of this user that nobody else can write into, such as ~/.ssh."""
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.skipif(os.getuid() != 0, reason="root alone can make a link that is another user's")
def test_a_link_of_another_user_is_not_followed(tmp_path, private):
    link = tmp_path / "poterne-card-bridge-1000"
    link.symlink_to(private)
    os.lchown(link, 65_534, 65_534)
    with pytest.raises(PermissionError, match="belongs to another user"):
        make_private_folder(link)


def test_a_link_of_this_user_is_followed(tmp_path, private):
    link = tmp_path / "poterne-card-bridge"
    link.symlink_to(private)
    make_private_folder(link)


def test_a_folder_that_others_can_change_is_refused(private):
    private.chmod(0o770)
    with pytest.raises(PermissionError, match="others can write"):
        make_private_folder(private)
