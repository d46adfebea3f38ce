"""Read the whole configuration before a process starts, so that whatever is wrong with it is told in words."""

from app import accounts
from app.settings import Settings, load_settings


def checked_settings() -> Settings:
    """The settings, once the sync files are known to be usable with them. Raises `ConfigurationError`."""
    settings = load_settings()
    accounts.configured_syncs(settings)
    return settings
