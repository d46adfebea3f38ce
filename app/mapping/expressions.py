"""Expressions: conditions that an operator writes."""

from app.errors import ConfigurationError
from app.mapping.model import Condition


def compile_condition(text: str) -> Condition:
    """The compiled condition."""
    raise ConfigurationError(f"conditions are not read yet: {text}")
