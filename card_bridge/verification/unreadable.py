"""What cryptography raises for a certificate, a revocation list or a response that it cannot read.

A part is read when it is asked for, so the algorithm of a signature or a name in an extension raises as late as that.
The sender of the octets chooses which of them is raised, so every reader here expects all of them.
"""

import warnings
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    DuplicateExtension,
    InvalidVersion,
    UnsupportedGeneralNameType,
)

# cryptography only warns of these faults. A serial number is checked where it is read, and a name counts only when an
# authority has signed it. Without these filters a stranger's certificate would write a line in the journal.
warnings.filterwarnings("ignore", "Parsed a serial number which wasn't positive", category=UserWarning)
warnings.filterwarnings("ignore", "Attribute's length must be", category=UserWarning)
