"""GnuTLS as the TLS client, with the key in a virtual CPS3 by OpenSC's PKCS#11 module."""

from pathlib import Path

MODULE = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), Path("opensc-pkcs11.so"))
AUTHENTICATION_KEY = "pkcs11:id=%E8%28%BD%08%0F%80%25%00%00%01%FF%00%10%02"


def gnutls_with_card(port: int, version: str) -> list[str]:
    """The command that connects to a port of this machine and shows the card's certificate.

    Args:
        version: of TLS, as GnuTLS names it: TLS1.2.
    """
    return [
        *("gnutls-cli", "--insecure", "--priority", f"NORMAL:-VERS-ALL:+VERS-{version}"),
        *("--provider", str(MODULE)),
        *("--x509certfile", f"{AUTHENTICATION_KEY};type=cert"),
        *("--x509keyfile", f"{AUTHENTICATION_KEY};type=private?pin-value=1234"),
        *("--port", str(port), "127.0.0.1"),
    ]
