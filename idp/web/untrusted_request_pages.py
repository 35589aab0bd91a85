"""The page that shows an `UntrustedRequest` (`untrusted_request.py`).

The page says little, since anyone may see it. What the application's developer needs is kept in a fault record
under the reference on the page (`fault_records.py`).
"""

import logging

from flask import Response, request

from config.web.pages import FaultPage, render
from config.web.request_id import current_request_id
from idp.web.client_info import ClientInfo
from idp.web.fault_records import FaultRecord, FaultRecords
from idp.web.untrusted_request import UntrustedRequest


class UntrustedRequestPages:
    """Shows untrusted requests, and records them. The page shows the values received in development only."""

    def __init__(self, faults: FaultRecords, *, shows_details: bool) -> None:
        self._faults = faults
        self._shows_details = shows_details

    def record(self, refused: UntrustedRequest, journal: logging.Logger) -> str:
        """Write the refusal to the journal and keep its fault record; return the reference for `idp fault`."""
        journal.warning(
            "request refused",
            extra={
                "fault": str(refused.fault),
                "received": refused.received,
                "registered": refused.registered,
                "expected": refused.expected,
            },
        )
        reference = current_request_id() or ""
        self._faults.keep(
            reference,
            FaultRecord(
                fault=refused.fault,
                received=refused.received,
                registered=refused.registered,
                expected=refused.expected,
            ),
            address=ClientInfo.of(request).address,
        )
        return reference

    def show(self, refused: UntrustedRequest, journal: logging.Logger, *, words: str = "") -> Response:
        """A page of ours, never a redirect. `words` replace the code by which the wording finds the sentences."""
        reference = self.record(refused, journal)
        return render(
            FaultPage(
                status=refused.status,
                code=refused.fault,
                words=words,
                reference=reference,
                back_url=refused.home_url or None,
                received=refused.received if self._shows_details else None,
                registered=refused.registered if self._shows_details else (),
                expected=refused.expected if self._shows_details else (),
            )
        )
