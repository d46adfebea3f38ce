"""Tokens: what each connection signs in with, encrypted, and who may renew it."""

import json
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from app.engine.credentials import TokenSet
from app.errors import ConfigurationError, SignInNeeded
from app.store.database import Database
from app.store.statements import insert
from app.store.tables import tokens
from app.store.vault import Vault


def load(conn: Connection, vault: Vault, connection: str) -> TokenSet | None:
    """The connection's newest token set; None before the first was saved."""
    columns = (tokens.c.secret, tokens.c.expires_at, tokens.c.generation, tokens.c.saved_at)
    row = conn.execute(select(*columns).where(_is(connection), tokens.c.secret.is_not(None))).one_or_none()
    if row is None:
        return None
    return TokenSet(
        **json.loads(vault.unseal(row.secret)),
        expires_at=row.expires_at,
        generation=row.generation,
        saved_at=row.saved_at,
    )


def save(
    conn: Connection, vault: Vault, connection: str, token_set: TokenSet, expected_generation: int, now: datetime
) -> bool:
    """Keep `token_set` as the next generation; False, keeping nothing, when `expected_generation` has passed."""
    _ensure(conn, connection)
    secret = json.dumps({name: getattr(token_set, name) for name in ("access_token", "refresh_token", "user")})
    statement = update(tokens).where(_is(connection), tokens.c.generation == expected_generation)
    saved = statement.values(
        secret=vault.seal(secret),
        generation=expected_generation + 1,
        expires_at=token_set.expires_at,
        saved_at=now,
    )
    return conn.execute(saved).rowcount == 1


def replace(conn: Connection, vault: Vault, connection: str, token_set: TokenSet, now: datetime) -> None:
    """Keep `token_set` whatever was kept before: a person has connected anew."""
    _ensure(conn, connection)
    generation = conn.execute(select(tokens.c.generation).where(_is(connection)).with_for_update()).scalar_one()
    save(conn, vault, connection, token_set, generation, now)


def forget(conn: Connection, connection: str) -> None:
    """Keep no tokens of the connection any more."""
    gone = {"secret": None, "expires_at": None, "generation": tokens.c.generation + 1}
    conn.execute(update(tokens).where(_is(connection)).values(gone))


def begin_refresh(conn: Connection, connection: str, owner: str, until: datetime, now: datetime) -> bool:
    """Take the right to renew, unless somebody has it still."""
    _ensure(conn, connection)
    free = or_(tokens.c.refreshing_until.is_(None), tokens.c.refreshing_until <= now)
    taken = update(tokens).where(_is(connection), free).values(refreshing_by=owner, refreshing_until=until)
    return conn.execute(taken).rowcount == 1


def end_refresh(conn: Connection, connection: str, owner: str) -> None:
    """Give the right to renew back, if `owner` still has it."""
    mine = update(tokens).where(_is(connection), tokens.c.refreshing_by == owner)
    conn.execute(mine.values(refreshing_by=None, refreshing_until=None))


def rotate(conn: Connection, vault: Vault) -> list[str]:
    """Encrypt every stored token set anew with the vault's newest key; whose they are.

    Raises `ConfigurationError`, upon which nothing may be committed, when no key opens one of them. Whoever saves at
    the same time waits, or is waited for: the rows are locked.
    """
    sealed = select(tokens.c.connection, tokens.c.secret).where(tokens.c.secret.is_not(None))
    rows = conn.execute(sealed.order_by(tokens.c.connection).with_for_update()).all()
    for connection, secret in rows:
        try:
            anew = vault.rotate(secret)
        except ConfigurationError as error:
            raise ConfigurationError(f"{connection}: {error}. Nothing was changed") from error
        conn.execute(update(tokens).where(_is(connection)).values(secret=anew))
    return [connection for connection, _ in rows]


def locked(conn: Connection, vault: Vault | None) -> list[str]:
    """The connections whose token set none of the vault's keys opens; without a vault, all that have one."""
    sealed = select(tokens.c.connection, tokens.c.secret).where(tokens.c.secret.is_not(None))
    rows = conn.execute(sealed.order_by(tokens.c.connection)).all()
    return [connection for connection, secret in rows if vault is None or not vault.opens(secret)]


class DatabaseTokenVault:
    """Fulfils `TokenVault` over the database, whose clock decides when a right to renew has run out."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def load(self, connection: str) -> TokenSet | None:
        try:
            return await self._database.read(lambda conn: load(conn, self._vault, connection))
        except ConfigurationError as error:
            raise SignInNeeded(str(error)) from error

    async def begin_refresh(self, connection: str, owner: str, seconds: float) -> bool:
        def work(conn: Connection) -> bool:
            now = self._database.now(conn)
            return begin_refresh(conn, connection, owner, now + timedelta(seconds=seconds), now)

        return await self._database.run(work)

    async def save(self, connection: str, token_set: TokenSet, expected_generation: int) -> bool:
        def work(conn: Connection) -> bool:
            return save(conn, self._vault, connection, token_set, expected_generation, self._database.now(conn))

        return await self._database.run(work)

    async def replace(self, connection: str, token_set: TokenSet) -> None:
        """Keep `token_set` whatever was kept before: a person has connected anew."""
        await self._database.run(
            lambda conn: replace(conn, self._vault, connection, token_set, self._database.now(conn))
        )

    async def forget(self, connection: str) -> None:
        """Keep no tokens of the connection any more."""
        await self._database.run(lambda conn: forget(conn, connection))

    async def end_refresh(self, connection: str, owner: str) -> None:
        await self._database.run(lambda conn: end_refresh(conn, connection, owner))


def _is(connection: str) -> ColumnElement[bool]:
    return tokens.c.connection == connection


def _ensure(conn: Connection, connection: str) -> None:
    conn.execute(insert(conn, tokens).values(connection=connection, generation=0).on_conflict_do_nothing())
