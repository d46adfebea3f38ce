"""The edges out: one connection to one vendor, behind the engine's `Connector` port."""
