"""The heart: what to do about a record, decided purely; the way out, told as a story."""
