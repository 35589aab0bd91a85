from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def changed_settings(secret_file: Path) -> dict[str, Any]:
    return {"enrollment_secret_file": secret_file}
