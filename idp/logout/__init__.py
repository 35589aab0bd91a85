"""Single logout, whichever protocols the applications speak: records, pages, and what a protocol provides."""
