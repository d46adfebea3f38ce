"""Refresh tokens rotate safely: one process at a time, saved before use, and a lost answer is no loss."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.connectors.rotating_tokens import RotatingAccess
from app.connectors.tokens import Access
from app.engine.credentials import TokenSet
from app.errors import Doubtful, SignInNeeded, Unreachable, VendorError
from tests.connectors.scripted import ROOT, soon
from tests.connectors.vault import Vault
from tests.support.clock import VirtualClock


class TokenService:
    """Xero's own rules: each refresh brings a new refresh token, the one before works on for a while."""

    def __init__(self, clock: VirtualClock, vault: Vault, first: str = "first") -> None:
        self.accepted = {first}
        self.asked: list[str] = []
        self.failures: list[VendorError] = []
        self.after: list[VendorError] = []
        self._clock = clock
        self._vault = vault

    async def __call__(self, refresh_token: str, until: float) -> TokenSet:
        await asyncio.sleep(0)
        self.asked.append(refresh_token)
        if self.failures:
            raise self.failures.pop(0)
        if refresh_token not in self.accepted:
            raise SignInNeeded("invalid_grant")
        fresh = f"refresh-{len(self.accepted)}"
        self.accepted.add(fresh)
        if self.after:
            raise self.after.pop(0)
        return TokenSet(f"access-{len(self.accepted)}", fresh, self._clock.now() + timedelta(minutes=30))


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def service(clock: VirtualClock, vault: Vault) -> TokenService:
    return TokenService(clock, vault)


def process(
    vault: Vault, service: TokenService, clock: VirtualClock, owner: str = "one", first: str = "first"
) -> RotatingAccess:
    return RotatingAccess("nz", ROOT, first, vault=vault, refresh=service, owner=owner, clock=clock)


async def test_the_first_refresh_token_comes_from_the_settings(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    access = await process(vault, service, clock).current(soon())
    assert service.asked == ["first"]
    assert vault.kept
    assert (access.token, access.url) == (vault.kept.access_token, ROOT)


async def test_the_new_refresh_token_is_kept_before_the_access_is_given_out(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    one = process(vault, service, clock)
    first = await one.current(soon())
    second = await one.renewed(first, soon())
    assert [kept.access_token for kept in vault.history] == [first.token, second.token]
    assert vault.refreshing is None


async def test_another_process_takes_what_is_in_the_vault(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    access = await process(vault, service, clock).current(soon())
    assert await process(vault, service, clock, "two").current(soon()) == access
    assert service.asked == ["first"]


async def test_five_minutes_before_its_end_the_access_is_renewed(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    one = process(vault, service, clock)
    await one.current(soon())
    clock.advance(25 * 60 - 1)
    await one.current(soon())
    assert len(service.asked) == 1
    clock.advance(1)
    await one.current(soon())
    assert len(service.asked) == 2


async def test_many_calls_and_processes_refresh_once(vault: Vault, service: TokenService, clock: VirtualClock) -> None:
    class Yielding(VirtualClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            await asyncio.sleep(0)

    busy = Yielding()
    crowd = [process(vault, service, busy, f"owner-{number}") for number in range(4)]
    got = await asyncio.gather(*(one.current(soon()) for one in crowd for _ in range(3)))
    assert len({access.token for access in got}) == 1
    assert service.asked == ["first"]


async def test_a_refresh_whose_answer_was_lost_is_repeated_with_the_old_token_at_once(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    service.after = [Doubtful("answer lost")]
    began_at = clock.now()
    await process(vault, service, clock).current(soon())
    assert service.asked == ["first", "first"]
    assert clock.now() == began_at


async def test_a_token_service_that_stays_silent_is_unreachable(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    service.failures = [Doubtful("lost"), Doubtful("lost")]
    with pytest.raises(Unreachable):
        await process(vault, service, clock).current(soon())
    assert vault.refreshing is None


async def test_while_the_token_service_is_away_access_that_still_works_is_used(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    one = process(vault, service, clock)
    access = await one.current(soon())
    clock.advance(26 * 60)
    service.failures = [Unreachable("away")]
    assert await one.current(soon()) == access


async def test_refused_access_is_never_used_again_even_while_the_token_service_is_away(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    one = process(vault, service, clock)
    access = await one.current(soon())
    service.failures = [Unreachable("away")]
    with pytest.raises(Unreachable):
        await one.renewed(access, soon())


async def test_a_token_that_another_process_has_rotated_meanwhile_is_read_again(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    one = process(vault, service, clock)
    access = await one.current(soon())
    assert vault.kept
    newer = replace(vault.kept, refresh_token="theirs", generation=7)
    service.accepted = {"theirs"}
    refresh = service.__call__

    async def meanwhile(refresh_token: str, until: float) -> TokenSet:
        vault.kept = newer
        return await refresh(refresh_token, until)

    slow = RotatingAccess("nz", ROOT, "", vault=vault, refresh=meanwhile, owner="one", clock=clock)
    await slow.renewed(access, soon())
    assert service.asked[-2:] == ["refresh-1", "theirs"]
    assert vault.kept.generation == 8


async def test_after_a_person_has_connected_again_the_settings_token_is_tried(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    vault.kept = TokenSet("old", "revoked", clock.now(), generation=3)
    service.accepted = {"reconnected"}
    access = await process(vault, service, clock, first="reconnected").current(soon())
    assert service.asked == ["revoked", "reconnected"]
    assert access.token == "access-2"


async def test_a_token_that_nobody_accepts_needs_a_person(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    service.accepted = set()
    with pytest.raises(SignInNeeded, match="invalid_grant"):
        await process(vault, service, clock).current(soon())
    assert vault.refreshing is None


async def test_without_any_refresh_token_a_person_must_connect_first(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    with pytest.raises(SignInNeeded):
        await process(vault, service, clock, first="").current(soon())
    assert service.asked == []


async def test_a_renewal_that_never_ends_elsewhere_is_not_waited_for_for_ever(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    vault.refreshing = "somebody"
    with pytest.raises(Unreachable):
        await process(vault, service, clock).current(soon())


async def test_what_was_saved_just_before_the_right_to_renew_was_granted_is_taken(
    service: TokenService, clock: VirtualClock
) -> None:
    theirs = TokenSet("theirs", "refresh", clock.now() + timedelta(minutes=30), generation=5)

    class Overtaken(Vault):
        async def begin_refresh(self, connection: str, owner: str, seconds: float) -> bool:
            self.kept = theirs
            return await super().begin_refresh(connection, owner, seconds)

    access = await process(Overtaken(), service, clock).current(soon())
    assert (access.token, service.asked) == ("theirs", [])


async def test_what_somebody_else_saved_meanwhile_wins(
    vault: Vault, service: TokenService, clock: VirtualClock
) -> None:
    theirs = TokenSet("theirs", "refresh", clock.now() + timedelta(minutes=30), generation=5)
    refresh = service.__call__

    async def overtaken(refresh_token: str, until: float) -> TokenSet:
        granted = await refresh(refresh_token, until)
        vault.kept = theirs
        return granted

    one = RotatingAccess("nz", ROOT, "first", vault=vault, refresh=overtaken, owner="one", clock=clock)
    assert await one.current(soon()) == Access("theirs", ROOT, theirs.expires_at - timedelta(minutes=5))
    assert vault.kept is theirs
