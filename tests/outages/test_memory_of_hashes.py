"""The web server of the identity provider is started so that the memory of password hashes goes back to the system."""

from pathlib import Path

from idp.accounts.passwords.allocator import TUNABLES, VARIABLE


def test_the_web_server_gives_the_memory_of_password_hashes_back(service):
    environment = Path(f"/proc/{service.child('idp.wsgi').pid}/environ").read_text()
    assert f"{VARIABLE}={TUNABLES}" in environment.replace("\0", ":")  # where glibc leaves zeros instead of colons
