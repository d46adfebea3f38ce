"""A sign-in lapses: whoever is to know is told once, and again when a person has signed in."""

from typing import cast

import pytest

from app.engine.credentials import TokenSet
from app.runtime import VendorConnections, put_down
from app.store import tokens
from app.store.database import Database
from app.store.vault import Vault
from tests.support.crossbook import Crossbook
from tests.support.recipient import Recipient, addressed
from tests.support.simulated.systems import VAULT_KEY, Systems
from tests.support.world import ORG, TENANT, accounts_sync
from workers.notices import tell

A_MINUTE = 60.0


async def pass_by(crossbook: Crossbook, recipient: Recipient, minutes: int) -> None:
    """Let time pass; once a minute it is put down whose sign-in was refused, and told."""
    for _ in range(minutes):
        await crossbook.run(A_MINUTE, rounds_seconds=20)
        await put_down(crossbook.database, cast("VendorConnections", crossbook.runtime.connections).usage)
        await tell(addressed(crossbook.runtime), recipient.send)


@pytest.mark.parametrize("edits", [True, False], ids=["while people work", "while nobody does"])
async def test_an_organisation_that_is_disconnected_is_told_once_and_that_it_is_connected_again(
    inline_database: Database, systems: Systems, edits: bool
) -> None:
    salesforce, xero = systems.add_org("main", ORG), systems.add_organisation("main", TENANT)
    recipient = Recipient()
    async with Crossbook.open(inline_database, systems, accounts_sync()) as crossbook:
        await pass_by(crossbook, recipient, 2)
        xero.disconnect()
        if edits:
            salesforce.put("Account", None, {"Name": "Ridgeway"})
        await pass_by(crossbook, recipient, 40)
        told = [title for title in recipient.titles if "sign-in" in title]
        assert told == ["the sign-in lapses (xero main)"]
        assert "crossbook connect xero main" in recipient.got[0].body
        again = TokenSet("", xero.at.consent(TENANT), systems.clock.now())
        vault = Vault([VAULT_KEY.get_secret_value()])
        await crossbook.database.run(lambda conn: tokens.replace(conn, vault, "xero:main", again, systems.clock.now()))
        await pass_by(crossbook, recipient, 40)
        if not edits:
            assert recipient.titles[1:] == ["over: the sign-in lapses (xero main)"]
        else:
            assert recipient.titles[1:] == ["work waits (accounts/Contact)", "2 troubles are over"]
            assert [seen.fields["Name"] for seen in xero.all("Contact")] == ["Ridgeway"]
