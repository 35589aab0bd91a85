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

# What cryptography only warns of, whoever has sent it. A serial number is checked where it is read, and no name is
# believed that no authority has signed; the warnings would be lines in the journal that strangers write.
warnings.filterwarnings("ignore", "Parsed a serial number which wasn't positive", category=UserWarning)
warnings.filterwarnings("ignore", "Attribute's length must be", category=UserWarning)
