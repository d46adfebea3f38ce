"""Secrets are sealed with the newest key and opened with any."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.errors import ConfigurationError
from app.store.vault import Vault

OLD = "an old key of thirty-two characters or more"
NEW = "a new key of thirty-two characters or more"
KEYS = st.text(st.characters(codec="utf-8"), min_size=32, max_size=60)


@settings(max_examples=50, deadline=None)
@given(KEYS, st.text(st.characters(codec="utf-8")))
def test_any_secret_comes_back_under_any_long_enough_key(key: str, secret: str) -> None:
    vault = Vault([key])
    assert vault.unseal(vault.seal(secret)) == secret


def test_the_sealed_form_never_contains_the_secret() -> None:
    sealed = Vault([NEW]).seal("canary-secret")
    assert b"canary-secret" not in sealed
    assert sealed != Vault([NEW]).seal("canary-secret")


def test_a_setting_and_a_plain_text_are_the_same_key() -> None:
    assert Vault([SecretStr(NEW)]).unseal(Vault([NEW]).seal("secret")) == "secret"


def test_what_an_older_key_sealed_can_still_be_read() -> None:
    assert Vault([NEW, OLD]).unseal(Vault([OLD]).seal("secret")) == "secret"


def test_the_newest_key_seals() -> None:
    sealed = Vault([NEW, OLD]).seal("secret")
    assert Vault([NEW]).unseal(sealed) == "secret"


def test_rotating_leaves_the_old_key_behind() -> None:
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).seal("secret"))
    assert Vault([NEW]).unseal(rotated) == "secret"


@pytest.mark.parametrize(
    "broken", [Vault([OLD]).seal("secret"), b"", b"not a sealed secret"], ids=["foreign", "empty", "nonsense"]
)
def test_a_wrong_key_is_named_in_plain_words(broken: bytes) -> None:
    for open_it in (Vault([NEW]).unseal, Vault([NEW]).rotate):
        with pytest.raises(ConfigurationError, match="cannot be decrypted with any of SECRET_KEYS"):
            open_it(broken)


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(ConfigurationError, match="SECRET_KEYS is empty"):
        Vault([])


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigurationError, match="11 characters") as refused:
        Vault([NEW, "short-canary"[:11]])
    assert "short" not in str(refused.value)


def test_a_vault_shows_no_key() -> None:
    vault = Vault([NEW])
    assert NEW not in repr(vault) + str(vars(vault))
