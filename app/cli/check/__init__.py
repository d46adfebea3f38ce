"""`crossbook check`: whether this installation can do its work, and what to do about what it finds."""
