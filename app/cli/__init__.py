"""The command `crossbook`: one file a command group."""
