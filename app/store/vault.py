"""The vault: secrets at rest, encrypted with a list of keys of which the newest comes first."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from app.errors import ConfigurationError

SHORTEST = 32
"""How many characters a key must have."""

_PURPOSE = b"crossbook: secrets at rest"


class Vault:
    """Encrypts with the newest key and decrypts with any of them."""

    def __init__(self, keys: Sequence[SecretStr | str]) -> None:
        if not keys:
            raise ConfigurationError("SECRET_KEYS is empty: set it to a random text of 32 characters or more")
        self._cipher = MultiFernet([_fernet(key) for key in keys])

    def seal(self, secret: str) -> bytes:
        """`secret`, encrypted."""
        return self._cipher.encrypt(secret.encode())

    def unseal(self, sealed: bytes) -> str:
        """What was sealed. Raises `ConfigurationError` when none of the keys opens it."""
        try:
            return self._cipher.decrypt(sealed).decode()
        except InvalidToken as error:
            raise _wrong_key() from error

    def opens(self, sealed: bytes) -> bool:
        """Whether one of the keys opens it."""
        try:
            self._cipher.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret, encrypted anew with the newest key. Raises `ConfigurationError` as `unseal` does."""
        try:
            return self._cipher.rotate(sealed)
        except InvalidToken as error:
            raise _wrong_key() from error


def _fernet(key: SecretStr | str) -> Fernet:
    text = key.get_secret_value() if isinstance(key, SecretStr) else key
    if len(text) < SHORTEST:
        raise ConfigurationError(f"SECRET_KEYS holds a key of {len(text)} characters: {SHORTEST} or more are needed")
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(text.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _wrong_key() -> ConfigurationError:
    return ConfigurationError(
        "A stored secret cannot be decrypted with any of SECRET_KEYS: add the key that it was stored with"
        " at the end of the list, or sign in again"
    )
