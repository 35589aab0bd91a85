"""The workstation half: the reader and its card, the bridge that a page of the browser speaks to, and the virtual kit."""
