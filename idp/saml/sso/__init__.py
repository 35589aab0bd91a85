"""Web browser single sign-on: AuthnRequests read, and the Response that answers."""
