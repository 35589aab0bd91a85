"""Where Chromium takes the identity provider to be: on the Internet, or on the intranet of the hospital.

Every test of this folder runs in both, but for those that are marked.
"""

import pytest

ON_THE_INTERNET = pytest.mark.parametrize("browser", ["public"], indirect=True, ids=["Internet"])
"""What the card itself is and does is the same before a service of the intranet."""
ON_THE_INTRANET = pytest.mark.parametrize("browser", ["local"], indirect=True, ids=["intranet"])
