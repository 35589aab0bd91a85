"""The limits of a request before the application sees it, the same for both web servers.

A thread receives a request only when it has arrived whole. These limits bound what a client
can occupy before that: connections, time and memory.
"""

from typing import Final

from config.web.request import LONGEST_BODY_PASSED_OVER
from config.web.web_app import LARGEST_FORM

HEAD_TIMEOUT: Final = 10.0  # seconds, from the connection or the previous answer to the end of the head
BODY_TIMEOUT: Final = 10.0  # seconds, from the end of the head to the end of the body
# Octets: the longest URL of a service (a SAML message) has 64 KiB, and cookies come with it. Granian checks after each
# read, so it may accept up to twice as much.
LARGEST_HEAD: Final = 96 * 1024
MOST_FIELDS: Final = 100
LARGEST_BODY: Final = LARGEST_FORM  # octets of a body that are kept; CONTENT_LENGTH still gives the whole length
# A body whose Content-Length is larger than this is not read: the application refuses it by that header. A shorter
# body is received to its end, because a browser shows an answer only after it has sent everything.
LONGEST_BODY: Final = LONGEST_BODY_PASSED_OVER
MOST_PENDING_BODIES: Final = 256  # bodies that one worker is receiving; one more ends the oldest
