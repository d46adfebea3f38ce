"""Child processes that never outlive us, however we end."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

GRACE_SECONDS = 3.0
"""How long a child may take to stop when asked, before it is killed."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running child under its guardian, stopped at the end of a `with`."""

    name: str
    guardian: subprocess.Popen[bytes]
    grace_seconds: float

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.guardian.poll()

    def wait(self, seconds: float) -> int | None:
        """Its exit code once it ended by itself; None when it still runs after `seconds`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.guardian.wait(seconds)
        return None

    def stop(self) -> None:
        """Ask it to stop, kill it after the grace, and return when it is gone."""
        if self.guardian.stdin:
            self.guardian.stdin.close()
        self.wait(self.grace_seconds + 1)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.guardian.pid, signal.SIGKILL)
        self.guardian.wait()


@dataclass(frozen=True, slots=True)
class LoggedChild(Child):
    """A child whose output goes to `log`."""

    log: Path

    def last_words(self, lines: int = 5) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def start(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    output: Path | None = None,
    grace_seconds: float = GRACE_SECONDS,
) -> LoggedChild:
    """Start `command` in `folder` with `environment` and nothing else, guarded, its log at `folder/name.log`.

    What it prints goes to the log, too, or else to `output`. It runs in a session of its own, so that Ctrl-C reaches
    only us and we end it in good order.
    """
    log = folder / f"{name}.log"
    with log.open("ab") as errors, output.open("wb") if output else log.open("ab") as printed:
        guardian = subprocess.Popen(  # noqa: S603 - our own command, no shell
            _guarded(command, grace_seconds),
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=errors,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
    return LoggedChild(name, guardian, grace_seconds, log)


def start_beside(name: str, command: Sequence[str], *, grace_seconds: float) -> Child:
    """Start `command` guarded, in a session of its own, but with our folder, our environment and our output."""
    guardian = subprocess.Popen(  # noqa: S603 - our own command, no shell
        _guarded(command, grace_seconds), stdin=subprocess.PIPE, start_new_session=True
    )
    return Child(name, guardian, grace_seconds)


def _guarded(command: Sequence[str], grace_seconds: float) -> list[str]:
    return [sys.executable, "-m", "app.cli.lifeline", str(grace_seconds), *command]
