"""`crossbook init`: the first settings and the first sync file of an installation."""
