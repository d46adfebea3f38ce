"""Programs that a machine may lack."""

import shutil
from collections.abc import Callable

import pytest

Needed = Callable[[str], str]


@pytest.fixture(scope="session")
def needed(request: pytest.FixtureRequest) -> Needed:
    """Finds a program. Without it the test is skipped, or with `--require-programs` fails."""

    def find(name: str) -> str:
        found = shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin")
        if found:
            return found
        if request.config.getoption("--require-programs"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")

    return find
