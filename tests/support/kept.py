"""What the database of a test keeps of sign-ins."""

from app.store.consents import DatabaseConsents
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault


class Kept(DatabaseTokenVault):
    """The tokens, and beside them the consents under way."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database, vault)
        self.consents = DatabaseConsents(database, vault)
