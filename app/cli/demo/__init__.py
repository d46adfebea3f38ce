"""`crossbook demo`: the product's story, told with real processes and real events."""
