"""The pages that the bridge shows in the browser: the frame, the hand-off, the self-test, the sheet for IT departments.

They have no script and load nothing. What is decided before a page is shown is in the package above.
"""
