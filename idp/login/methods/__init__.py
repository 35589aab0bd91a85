"""How a person proves who they are: one file a method."""
