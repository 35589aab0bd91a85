"""The registry: applications in rows, what is remembered of them, and how operators change them."""
