"""How messages travel: HTTP-Redirect, HTTP-POST and SOAP."""
