"""Webhooks at the other settings of what nobody knows, with rotated keys and over several organisations."""

import json
from collections.abc import Callable

import pytest
from starlette.responses import Response

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.pushing import Tasks
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.webhooks import Webhooks, signature
from app.simulator.xero.world import XeroWorld
from tests.support.push_receiver import PushReceiver
from tests.support.stepped_clock import SteppedClock

AU = "99999999-2222-4333-8444-555555555555"

Made = tuple[XeroWorld, Webhooks]


@pytest.fixture
def made(clock: SteppedClock, receiver: PushReceiver, spawn: Tasks) -> Callable[[XeroFacts], Made]:
    def make(facts: XeroFacts) -> Made:
        world = XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
        client = receiver.client()
        return world, world.push_webhooks(url="http://x.test/", key=demo.XERO_WEBHOOK_KEY, client=client, spawn=spawn)

    return make


def told(receiver: PushReceiver) -> list[tuple[int, int, list[str]]]:
    """The numbers of every push and the tenants of its events."""
    bodies = [json.loads(body) for body in receiver.bodies]
    return [
        (
            body["firstEventSequence"],
            body["lastEventSequence"],
            [event["tenantId"] for event in body["events"] or ()],
        )
        for body in bodies
    ]


async def test_own_writes_may_go_untold(
    made: Callable[[XeroFacts], Made], receiver: PushReceiver, clock: SteppedClock
) -> None:
    world, _ = made(XeroFacts(own_writes_pushed=False))
    world.contacts.create({"Name": "Ours"}, writer="crossbook")
    await clock.advance(1)
    assert told(receiver) == []
    world.people.create({"Name": "Theirs"})
    await clock.advance(1)
    assert len(told(receiver)) == 1


async def test_no_events_may_be_null(
    made: Callable[[XeroFacts], Made], receiver: PushReceiver, clock: SteppedClock
) -> None:
    _, webhooks = made(XeroFacts(no_events="null"))
    await webhooks.intent_to_receive()
    assert all(b'"events":null' in body for body in receiver.bodies)


async def test_organisations_share_the_numbers_or_have_their_own(
    made: Callable[[XeroFacts], Made], receiver: PushReceiver, clock: SteppedClock
) -> None:
    nz = demo.XERO_TENANT_ID
    for facts, expected in (
        (XeroFacts(), [(1, 2, [nz, AU])]),
        (XeroFacts(sequence_of="tenant"), [(1, 1, [nz]), (1, 1, [AU])]),
    ):
        receiver.bodies.clear()
        world, _ = made(facts)
        other = world.open_books(AU, "Aussie Branch")
        world.people.create({"Name": "Kea"})
        other.contacts.create({"Name": "Emu"}, writer="person")
        await clock.advance(1)
        assert told(receiver) == expected


async def test_a_rotated_key_signs_at_once(
    made: Callable[[XeroFacts], Made], receiver: PushReceiver, clock: SteppedClock
) -> None:
    world, webhooks = made(XeroFacts())
    webhooks.rotate_key("another key")
    world.people.create({"Name": "Kea"})
    await clock.advance(1)
    assert receiver.headers[0]["x-xero-signature"] == signature(b"another key", receiver.bodies[0])


async def test_after_a_day_of_failures_the_subscription_is_off_until_it_is_enabled(
    made: Callable[[XeroFacts], Made], receiver: PushReceiver, clock: SteppedClock
) -> None:
    world, webhooks = made(XeroFacts(webhook_retries="quarter_hours"))
    receiver.answers = [Response(status_code=500) for _ in range(98)]
    world.people.create({"Name": "Kea"})
    await clock.advance(1)
    assert len(receiver.bodies) == 2, "the first retry comes at once"
    await clock.advance(86_400)
    assert webhooks.disabled
    world.people.create({"Name": "Tui"})
    await clock.advance(3600)
    assert len(receiver.bodies) == 98
    webhooks.enable()
    await clock.advance(1)
    assert told(receiver)[-1][:2] == (1, 2)
