"""The sync file: what an operator says must correspond to what. Pure."""
