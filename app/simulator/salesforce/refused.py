"""What the token endpoint refuses."""


class TokenRefused(Exception):
    """The token endpoint says no, with an OAuth error code and its description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
