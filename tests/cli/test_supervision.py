"""What ends is started again, later the oftener it ends, and all is stopped in good order."""

from dataclasses import dataclass, field

import pytest

from app.cli.supervision import LONGEST_PAUSE_SECONDS, WELL_SECONDS, Program, Supervisor, pause_seconds

QUEUE, WORKER = Program("queue", ("queue",), 1), Program("worker", ("worker",), 1)


@dataclass
class Process:
    """A program as the test wants it: it ends when it is told to."""

    name: str
    stopped: list[str]
    exit_code: int | None = None

    def stop(self) -> None:
        self.stopped.append(self.name)


@dataclass
class Machine:
    """Starts processes, by a clock that the test turns."""

    seconds: float = 1000.0
    started: list[Process] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def start(self, program: Program) -> Process:
        self.started.append(Process(program.name, self.stopped))
        return self.started[-1]

    def names(self) -> list[str]:
        return [process.name for process in self.started]


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def supervisor(machine: Machine) -> Supervisor:
    supervisor = Supervisor(machine.start, lambda: machine.seconds)
    supervisor.begin([QUEUE, WORKER])
    return supervisor


def test_what_runs_is_left_alone(machine: Machine, supervisor: Supervisor) -> None:
    supervisor.look()
    assert machine.names() == ["queue", "worker"]


def test_what_ends_is_started_again_and_nothing_else(machine: Machine, supervisor: Supervisor) -> None:
    machine.started[0].exit_code = -9
    supervisor.look()
    supervisor.look()
    assert machine.names() == ["queue", "worker", "queue"]


def test_what_ends_time_and_again_is_started_later_each_time(machine: Machine, supervisor: Supervisor) -> None:
    waited = []
    for _ in range(8):
        machine.started[-1].exit_code = 1
        began, started = machine.seconds, len(machine.started)
        supervisor.look()
        supervisor.look()
        while len(machine.started) == started:
            machine.seconds += 0.5
            supervisor.look()
        waited.append(machine.seconds - began)
    assert waited == [0, 1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_after_a_good_while_an_end_counts_as_the_first(machine: Machine, supervisor: Supervisor) -> None:
    for _ in range(3):
        machine.started[-1].exit_code = 1
        supervisor.look()
        machine.seconds += LONGEST_PAUSE_SECONDS
        supervisor.look()
    machine.seconds += WELL_SECONDS
    machine.started[-1].exit_code = 1
    started = len(machine.started)
    supervisor.look()
    supervisor.look()
    assert len(machine.started) == started + 1


def test_all_are_stopped_the_last_started_first_also_in_a_pause(machine: Machine, supervisor: Supervisor) -> None:
    supervisor.end()
    assert machine.stopped == ["worker", "queue"]


def test_who_waits_for_its_pause_is_not_stopped_again(machine: Machine, supervisor: Supervisor) -> None:
    for _ in range(2):
        machine.started[-1].exit_code = 1
        supervisor.look()
        supervisor.look()
    machine.stopped.clear()
    supervisor.end()
    assert machine.stopped == ["queue"]


@pytest.mark.parametrize(("ends", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (7, 30), (9999, 30)])
def test_pauses_double_up_to_the_longest(ends: int, seconds: float) -> None:
    assert pause_seconds(ends) == seconds
