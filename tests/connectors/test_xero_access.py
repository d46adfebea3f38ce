"""What becomes of a call when Xero refuses the sign-in: renewed, taken from the vault, or told in words."""

from datetime import timedelta

import pytest

from app.connectors.xero.signin import XeroSignIn
from app.engine.credentials import TokenSet
from app.engine.events import Priority
from app.errors import SignInNeeded, Unreachable
from app.simulator.credentials import Credentials
from app.simulator.xero.connections import Consent
from tests.connectors.benches import TENANT, XeroBench
from tests.connectors.scripted import ROOT, Script, answer, api, soon
from tests.support.clock import VirtualClock

CALL = "/api.xro/2.0/Contacts"


async def read(bench: XeroBench) -> None:
    await bench.connector.read("Contact", ["x"], frozenset({"Name"}), Priority.PUSH)


async def words(bench: XeroBench) -> str:
    with pytest.raises(SignInNeeded) as refused:
        await read(bench)
    return str(refused.value)


async def consented(bench: XeroBench, clock: VirtualClock, scope: str, user: str = "another") -> None:
    """A person connects anew, as `crossbook connect xero nz` does: new tokens are in the vault."""
    asked = {"response_type": "code", "client_id": "client", "scope": scope, "redirect_uri": "http://x"}
    code, consent = bench.world.identity.consented(asked, user)
    bench.world.connections.connect(consent, bench.world.tenant_id)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://x"}
    granted = bench.world.identity.grant(Credentials("client", "secret"), form)
    assert isinstance(granted, dict)
    kept = bench.vault.kept
    tokens = TokenSet(str(granted["access_token"]), str(granted["refresh_token"]), clock.now() + timedelta(minutes=30))
    await bench.vault.save("xero:nz", tokens, kept.generation if kept else 0)


def asked_connections(bench: XeroBench) -> int:
    return bench.lists.count("/connections")


async def test_an_organisation_that_was_disconnected_needs_a_person_and_says_what_to_type(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.connections.end_tenant(TENANT)
    told = await words(bench)
    assert f"{TENANT} is not connected" in told
    assert "no organisation is connected" in told
    assert "crossbook connect xero nz" in told
    assert asked_connections(bench) == 1
    assert len(bench.vault.history) == 1, "nothing is renewed where that cannot help"


async def test_the_organisations_that_are_connected_are_named(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    other = bench.world.open_books("99999999-2222-4333-8444-555555555555", "Aussie Branch")
    bench.world.connections.end_tenant(TENANT)
    bench.world.connections.connect(bench.world.identity.consents[0], other.tenant_id)
    assert f"connected are: Aussie Branch ({other.tenant_id})" in await words(bench)


async def test_a_demo_company_that_was_reset_is_told_of(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.reset_demo_company()
    assert "a demo company that was reset and has a new tenant id" in await words(bench)


async def test_after_a_person_has_connected_again_calls_go_on_by_themselves(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.connections.end_tenant(TENANT)
    await words(bench)
    await consented(bench, clock, "offline_access accounting.contacts")
    await read(bench)


async def test_tokens_that_xero_has_ended_need_a_person_until_there_are_new_ones(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.identity.revoke_consent(Consent("crossbook", "first user", ""))
    bench.end_sign_in()
    told = await words(bench)
    assert "no longer accepts the sign-in" in told
    assert "crossbook connect xero nz" in told
    await consented(bench, clock, "offline_access accounting.contacts")
    await read(bench)


async def test_a_connected_organisation_that_is_refused_gets_one_renewal(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    books = bench.world._organisations.pop(TENANT)
    assert "though it lists it as connected" in await words(bench)
    assert len(bench.vault.history) == 2
    bench.world._organisations[TENANT] = books
    await read(bench)


async def test_a_missing_scope_is_named_and_nothing_is_renewed(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await consented(bench, clock, "offline_access accounting.contacts.read")
    await read(bench)
    with pytest.raises(SignInNeeded, match=r"lacks the scope accounting\.contacts, or the user lacks the role"):
        await bench.write({"Name": "Acme"})
    assert len(bench.vault.history) == 1
    await consented(bench, clock, "offline_access accounting.contacts")
    await bench.write({"Name": "Acme"})


async def test_a_list_of_connections_that_cannot_be_read_is_no_verdict(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.connections.end_tenant(TENANT)
    bench.broken_lists = 503
    with pytest.raises(Unreachable):
        await read(bench)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("invalid_grant", "not used for 60 days"),
        ("invalid_client", "correct XERO__NZ__CLIENT_ID and XERO__NZ__CLIENT_SECRET"),
        ("invalid_scope", "granular scopes only.*change XERO__NZ__SCOPES"),
        ("unauthorized_client", "correct XERO__NZ__GRANT"),
        ("something_new", r"refuses \(something_new\)"),
    ],
)
async def test_what_the_token_service_refuses_is_told_in_words(clock: VirtualClock, error: str, told: str) -> None:
    service = XeroSignIn(
        api(Script(answer(400, {"error": error})), clock),
        clock,
        connection="nz",
        identity_url=ROOT,
        api_url=ROOT,
        client_id="client",
        client_secret="",
        scopes="accounting.contacts",
    )
    with pytest.raises(SignInNeeded, match=told):
        await service.refresh("old", soon())


async def test_an_organisation_that_is_offline_is_left_alone_for_five_minutes(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    await read(bench)
    bench.world.first.offline = True
    before = len(bench.world.journal.calls)
    with pytest.raises(Unreachable, match="offline") as away:
        await read(bench)
    assert away.value.until == clock.now() + timedelta(minutes=5)
    assert len(bench.world.journal.calls) == before + 1, "asking again at once is no use"
