"""XML signatures and encryption: canonical form, algorithms, keys, and what is agreed with an application."""
