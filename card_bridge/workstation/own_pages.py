"""The bridge's own pages: the self-test at `/`, and the sheet for the IT department at `/sheet`."""

from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from card_bridge.workstation import selftest
from card_bridge.workstation.bridge import Bridge
from card_bridge.workstation.gate import Gate
from card_bridge.workstation.pages.frame import page_language
from card_bridge.workstation.pages.self_test import self_test_page
from card_bridge.workstation.pages.sheet import sheet_page
from card_bridge.workstation.settings import BridgeSettings


class OwnPages:
    """Finds a page by its path. The gate admits its navigation."""

    def __init__(self, settings: BridgeSettings, bridge: Bridge, gate: Gate) -> None:
        self._settings = settings
        self._bridge = bridge
        self._gate = gate

    def page(self, path: str) -> Callable[[Request], Response] | None:
        return {"/": self._self_test, "/sheet": self._sheet}.get(path)

    def _self_test(self, request: Request) -> Response:
        checks = selftest.run(
            self._settings, self._bridge.look(), port=self._gate.port, refused=self._gate.refused.list()
        )
        return self_test_page(checks, page_language(request))

    def _sheet(self, request: Request) -> Response:
        return sheet_page(self._settings.origins, self._settings.ports, page_language(request))
