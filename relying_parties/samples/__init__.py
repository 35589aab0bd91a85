"""Sample applications: the DCC, Périnat and the messaging service, one Flask application with three configurations.

Two log people in with OpenID Connect (`oidc`), the third with SAML (`saml`). They
import nothing else of this project, so that anyone's application can do the same.

    app, sessions, problems, templates/   the pages; the sessions; the errors
    oidc/, saml/                          login and logout with each protocol
    commands, configuration, serving      the command `sample-rp`
    one_time_store, printable             values that are used once; output for a terminal
"""
