"""The one way out: committed before it is sent, and every answer told apart."""

from datetime import timedelta

import pytest

from app.engine.actions import Declined, Done, Element, Verb
from app.engine.apply import HELD, Deferred, Dispatch, Job, Sent, apply
from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import Call, CallResult
from app.engine.plan import Write
from app.engine.records import System
from app.engine.retry import AWAY_SECONDS, DOUBT_SECONDS, QUOTA_SECONDS, SIGN_IN_SECONDS
from app.errors import CallRefused, Doubtful, NotDone, OutOfQuota, SignInNeeded, Unreachable
from app.mapping.model import Guard
from app.store import calls, holds
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of
from tests.support.customers import CUSTOMERS
from tests.support.records import account, contact

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def create(number: int, name: str | None = None) -> Job:
    """A new contact for an account."""
    element = Element(None, {"Name": name or f"Customer {number}"}, "ContactNumber", account(number).id)
    write = Write(XERO, Verb.CREATE, element, {}, {})
    return Job(Case(CUSTOMERS, (), account(number), None), write)


def update_account(number: int) -> Job:
    write = Write(SALESFORCE, Verb.UPDATE, Element(account(number).id, {"Phone": "1"}), {}, {})
    return Job(Case(CUSTOMERS, (), account(number), contact(number)), write)


async def dispatched(world: InterruptibleWorld, *jobs: Job) -> tuple[Bench, Dispatch]:
    bench = await bench_of(world)
    return bench, await apply(bench, jobs, Priority.PUSH)


async def stored(bench: Bench) -> tuple[Call, ...]:
    """The calls that nobody has settled, as they are on disk."""
    return await bench.memory.unresolved()


def kinds(dispatch: Dispatch) -> list[str]:
    sent: list[Sent] = [dispatch.sent[position] for position in range(len(dispatch.jobs))]
    return [type(each).__name__ for each in sent]


async def test_a_call_is_on_disk_with_its_intents_before_it_is_sent(world: InterruptibleWorld) -> None:
    found: list[Call] = []
    bench = await bench_of(world)

    async def look_at_the_disk() -> None:
        found.extend(await stored(bench))

    world.xero.interrupt("send", "before", look_at_the_disk)
    await apply(bench, [create(1)], Priority.PUSH)
    (call,) = found
    (sent,) = world.xero.calls
    assert (call.request, call.result, call.sent_at) == (sent.request, CallResult.OPEN, world.clock.now())
    assert [(intent.source, intent.verb, intent.element.key) for intent in call.intents] == [
        (account(1), Verb.CREATE, account(1).id)
    ]


async def test_writes_of_one_kind_share_a_call_of_the_size_that_the_vendor_takes(world: InterruptibleWorld) -> None:
    _, dispatch = await dispatched(world, *(create(number) for number in range(55)))
    assert [len(call.ids) for call in world.xero.calls] == [50, 5]
    assert kinds(dispatch) == ["Done"] * 55
    assert len(dispatch.calls) == 2


async def test_every_job_gets_its_own_answer_and_call(world: InterruptibleWorld) -> None:
    world.salesforce.put("Account", account(1).id, {"Name": "Ridgeway"})
    _, dispatch = await dispatched(world, create(7), update_account(1), create(8), update_account(2))
    assert kinds(dispatch) == ["Done", "Done", "Done", "Declined"]
    assert dispatch.call_ids[0] == dispatch.call_ids[2] != dispatch.call_ids[1] == dispatch.call_ids[3]
    created = dispatch.sent[2]
    assert isinstance(created, Done)
    assert created.seen
    assert created.seen.fields["ContactNumber"] == account(8).id


async def test_a_call_that_is_refused_as_a_whole_is_sent_again_one_by_one(world: InterruptibleWorld) -> None:
    refusal = CallRefused("the body cannot be read", code="malformed")
    world.xero.fail_next(refusal)
    world.xero.fail_next(refusal)
    bench, dispatch = await dispatched(world, create(1), create(2), create(3))
    assert kinds(dispatch) == ["Declined", "Done", "Done"]
    assert dispatch.sent[0] == Declined("malformed", "the body cannot be read")
    assert [len(call.ids) for call in world.xero.calls] == [3, 1, 1, 1]
    await bench.memory.settle([], dispatch.calls)
    assert await stored(bench) == ()


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Unreachable("offline"), AWAY_SECONDS),
        (SignInNeeded("revoked"), SIGN_IN_SECONDS),
        (NotDone("something else"), SIGN_IN_SECONDS),
    ],
)
async def test_a_call_that_was_not_done_is_closed_and_parks_the_lane(
    world: InterruptibleWorld, error: NotDone, seconds: float
) -> None:
    world.xero.fail_next(error)
    bench, dispatch = await dispatched(world, create(1))
    until = world.clock.now() + timedelta(seconds=seconds)
    assert dispatch.sent[0] == dispatch.parked() == Deferred(until, str(error), parks=True, kind=type(error).__name__)
    assert await stored(bench) == ()
    assert dispatch.calls == []


@pytest.mark.parametrize("ahead", [200, -600])
async def test_a_limit_that_is_reached_parks_until_it_ends_and_never_into_the_past(
    world: InterruptibleWorld, ahead: int
) -> None:
    world.xero.fail_next(OutOfQuota("the minute is used up", until=world.clock.now() + timedelta(seconds=ahead)))
    _, dispatch = await dispatched(world, create(1))
    parked = dispatch.parked()
    assert parked
    assert parked.until == world.clock.now() + timedelta(seconds=max(0, ahead))


async def test_of_a_quota_that_is_used_up_for_long_it_is_asked_again_soon_as_more_may_be_allowed(
    world: InterruptibleWorld,
) -> None:
    until = world.clock.now() + timedelta(hours=20)
    world.xero.fail_next(OutOfQuota("the day is used up", until=until))
    _, dispatch = await dispatched(world, create(1))
    parked = dispatch.parked()
    assert parked
    assert parked.until == world.clock.now() + timedelta(seconds=QUOTA_SECONDS)
    assert parked.why == f"the day is used up, as far as is known until {until:%Y-%m-%d %H:%M} UTC"


async def test_a_vendor_that_said_stop_is_sent_nothing_more_and_the_other_one_is(world: InterruptibleWorld) -> None:
    world.salesforce.put("Account", account(1).id, {"Name": "Ridgeway"})
    world.xero.fail_next(Unreachable("offline"))
    _, dispatch = await dispatched(world, *(create(number) for number in range(60)), update_account(1))
    assert world.calls(XERO, "send") == 1
    assert kinds(dispatch) == ["Deferred"] * 60 + ["Done"]


async def test_the_longest_stop_is_the_lanes(world: InterruptibleWorld) -> None:
    until = world.clock.now() + timedelta(minutes=4)
    world.xero.fail_next(OutOfQuota("the minute is used up", until=until))
    world.salesforce.fail_next(Unreachable("offline"))
    _, dispatch = await dispatched(world, create(1), update_account(1))
    parked = dispatch.parked()
    assert parked
    assert parked.until == until


async def test_a_call_in_doubt_stays_open_and_parks_nobody(world: InterruptibleWorld) -> None:
    world.xero.fail_next(Doubtful("the connection was cut", request_id="r-1"))
    bench, dispatch = await dispatched(world, create(1), create(2))
    until = world.clock.now() + timedelta(seconds=DOUBT_SECONDS)
    assert dispatch.sent[0] == Deferred(until, "in doubt: the connection was cut", parks=False)
    assert dispatch.parked() is None
    (call,) = await stored(bench)
    assert (call.result, call.request_id, len(call.intents)) == (CallResult.DOUBTFUL, "r-1", 2)
    assert dispatch.calls == []


async def test_a_lane_that_is_held_meanwhile_sends_nothing_more_to_either_side(world: InterruptibleWorld) -> None:
    world.salesforce.put("Account", account(1).id, {"Name": "Ridgeway"})

    async def hold() -> None:
        await world.database.run(lambda conn: holds.hold(conn, world.lane, "month end", world.clock.now()))

    world.xero.interrupt("send", "after", hold)
    _, dispatch = await dispatched(world, *(create(number) for number in range(60)), update_account(1))
    assert (world.calls(XERO, "send"), world.calls(SALESFORCE, "send")) == (1, 0)
    assert kinds(dispatch) == ["Done"] * 50 + ["Deferred"] * 11
    assert dispatch.parked() == Deferred(world.clock.now(), "month end", parks=True, code=HELD)


async def test_the_guard_lets_exactly_as_many_go_as_it_has_room_for(world: InterruptibleWorld) -> None:
    bench = await bench_of(world, Guard(create=30))
    dispatch = await apply(bench, [create(number) for number in range(60)], Priority.PUSH)
    assert [len(call.ids) for call in world.xero.calls] == [30]
    assert kinds(dispatch) == ["Done"] * 30 + ["Deferred"] * 30


async def test_an_answered_call_is_settled_only_with_its_records(world: InterruptibleWorld) -> None:
    bench, dispatch = await dispatched(world, create(1))
    assert len(await stored(bench)) == 1
    await bench.memory.settle([], dispatch.calls)
    assert await stored(bench) == ()
    (call,) = await world.database.read(lambda conn: calls.of_ids(conn, [dispatch.call_ids[0]]))
    done = dispatch.sent[0]
    assert isinstance(done, Done)
    assert (call.result, call.intents[0].target_id) == (CallResult.ANSWERED, done.id)


async def test_a_write_without_a_source_is_a_mistake_of_ours(world: InterruptibleWorld) -> None:
    orphan = Job(Case(CUSTOMERS, (), None, None), create(1).write)
    with pytest.raises(ValueError, match="needs a source"):
        await dispatched(world, orphan)
    assert world.xero.calls == []
