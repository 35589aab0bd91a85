"""What a request may be before the application sees it, the same under either web server.

A thread is given a request that has arrived whole. So what is bounded here is what
a stranger can hold without one: connections, and the time and octets of one request.
"""

from typing import Final

from config.web.request import LONGEST_BODY_PASSED_OVER
from config.web.web_app import LARGEST_FORM

HEAD_TIMEOUT: Final = 10.0  # seconds, from the connection, or from the answer before, to the end of the head
BODY_TIMEOUT: Final = 10.0  # seconds, from the end of the head to the end of the body
# Octets: a SAML message in an address may have 64 KiB, and cookies come with it. Granian looks after each read, so that
# it takes in up to twice as much.
LARGEST_HEAD: Final = 96 * 1024
MOST_FIELDS: Final = 100
LARGEST_BODY: Final = LARGEST_FORM  # of a larger one so many octets are kept, and the application told its whole length
# One announced to be longer than this is not read at all: the application refuses it by its Content-Length. A shorter
# one is received to its end, since a browser shows no answer before it has sent everything.
LONGEST_BODY: Final = LONGEST_BODY_PASSED_OVER
MOST_PENDING_BODIES: Final = 256  # bodies on their way to one worker; the next one takes the place of the slowest
