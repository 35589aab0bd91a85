"""The web application around the protocols: responses that go back to an application, faults, health, public pages."""
