"""The authorization endpoint: what an authentication request says, what it must satisfy, and what answers it."""
