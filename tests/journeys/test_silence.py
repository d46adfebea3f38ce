"""Pushes stop: that is noticed by what reconcile finds, told once, and made up for when they are back."""

from tests.support.crossbook import A_MOMENT, Crossbook
from tests.support.recipient import Recipient, addressed
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.xero import SimulatedXero
from workers.notices import tell

A_MINUTE, AN_HOUR = 60.0, 3600.0


async def pass_by(crossbook: Crossbook, recipient: Recipient, seconds: float) -> None:
    """Let time pass; a worker looks every few minutes what is to be told."""
    while seconds > 0:
        await crossbook.run(2 * A_MINUTE, rounds_seconds=30)
        await tell(addressed(crossbook.runtime), recipient.send)
        seconds -= 2 * A_MINUTE


def names(salesforce: SimulatedSalesforce) -> set[object]:
    return {seen.fields["Name"] for seen in salesforce.all("Account")}


async def test_a_webhook_that_falls_silent_is_told_once_and_its_changes_arrive_all_the_same(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    recipient, (webhook,) = Recipient(), xero.world.lines
    contact = xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await crossbook.run(A_MOMENT)
    assert names(salesforce) == {"Harbour Cafe"}
    webhook.drop_next(3)
    await pass_by(crossbook, recipient, 10 * A_MINUTE)
    for name in ("Harbour Bar", "Harbour Restaurant"):
        xero.put("Contact", contact, {"Name": name})
        await pass_by(crossbook, recipient, AN_HOUR)
        assert names(salesforce) == {name}
    assert recipient.titles == ["pushes do not come (xero main)"]
    xero.put("Contact", None, {"Name": "Lost as well"})
    await crossbook.run(A_MOMENT)
    assert len(names(salesforce)) == 1
    xero.put("Contact", contact, {"Name": "Harbour Grill"})
    await crossbook.run(4 * A_MOMENT)
    assert names(salesforce) == {"Harbour Grill", "Lost as well"}, "what was lost is read when pushes are back"
    await pass_by(crossbook, recipient, AN_HOUR)
    assert recipient.titles[1:] == ["over: pushes do not come (xero main)"]


async def test_a_webhook_that_is_switched_on_again_brings_what_was_missed_by_its_check_alone(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    (webhook,) = xero.world.lines
    xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await crossbook.run(A_MOMENT)
    await crossbook.run(2 * AN_HOUR, rounds_seconds=60)
    await crossbook.run(A_MINUTE)
    webhook.drop_next(1)
    xero.put("Contact", None, {"Name": "Missed"})
    await crossbook.run(A_MOMENT)
    assert names(salesforce) == {"Harbour Cafe"}
    assert xero.world.webhooks
    assert await xero.world.webhooks.intent_to_receive() == {"passed": True, "statuses": [401, 200, 401, 401]}
    await crossbook.run(4 * A_MOMENT)
    assert names(salesforce) == {"Harbour Cafe", "Missed"}
