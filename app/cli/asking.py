"""Ask the runtime something: open it, get the answer, let go of everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.log import configure_logging
from app.runtime import Runtime
from app.settings import load_settings

T = TypeVar("T")


def ask(question: Callable[[Runtime], Awaitable[T]]) -> T:
    """What `question` answers, asked of this installation's own runtime. Nothing is logged below a warning."""
    settings = load_settings()
    configure_logging("warning", settings.log_format)
    return asyncio.run(_ask(Runtime.open(settings), question))


async def _ask(opening: Awaitable[Runtime], question: Callable[[Runtime], Awaitable[T]]) -> T:
    runtime = await opening
    try:
        return await question(runtime)
    finally:
        await runtime.close()
