"""The half of the services: what must hold before a card assertion is believed."""
