"""The parts of the identity provider, put together once: one module for each room, `services` for what all rooms share.

What a part does is in its own room, which does not know this package. The pages
over the parts are made and registered in `idp/app.py`.
"""
