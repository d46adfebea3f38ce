"""The admin routes that both simulated systems have, under `/simulator`.

GET  /simulator/log?last=100               what changed, who called, what was pushed
POST /simulator/pushes/pause               hold all pushes back
POST /simulator/pushes/resume              send what was held back
POST /simulator/pushes/drop?next=3         lose the next pushes for good
POST /simulator/faults?kind=503&calls=2    let the next API calls fail: 429, 503, 500, 500-after-commit,
                                           timeout, timeout-after-commit; `method=` and `path=` choose which
POST /simulator/tokens/revoke              make every access token invalid, which a renewal makes good
POST /simulator/consents/revoke            take back what people consented to: nobody may sign in by it any more
POST /simulator/calls/leave?calls=0        use up the calls of the day but for so many
"""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.faults import Fault, Faults
from app.simulator.journal import Journal
from app.simulator.pushing import PushLine
from app.simulator.wire import answer


class Administered(Protocol):
    """What the admin routes act on."""

    @property
    def journal(self) -> Journal: ...

    @property
    def faults(self) -> Faults: ...

    @property
    def lines(self) -> list[PushLine]: ...

    def revoke_tokens(self) -> None:
        """Make every access token invalid."""
        ...

    def revoke_consents(self) -> None:
        """Take back what every person consented to, and make every access token invalid."""
        ...

    def leave_calls(self, calls: int) -> None:
        """Use up the calls of the day but for so many."""
        ...


def admin_routes(world: Administered) -> list[Route]:
    """The routes that both systems have."""
    act = _Admin(world)
    return [
        Route("/simulator/log", act.log),
        Route("/simulator/pushes/pause", act.pause, methods=["POST"]),
        Route("/simulator/pushes/resume", act.resume, methods=["POST"]),
        Route("/simulator/pushes/drop", act.drop, methods=["POST"]),
        Route("/simulator/faults", act.order_faults, methods=["POST"]),
        Route("/simulator/tokens/revoke", act.revoke, methods=["POST"]),
        Route("/simulator/consents/revoke", act.revoke_consents, methods=["POST"]),
        Route("/simulator/calls/leave", act.leave_calls, methods=["POST"]),
    ]


class _Admin:
    def __init__(self, world: Administered) -> None:
        self._world = world

    async def log(self, request: Request) -> Response:
        return answer(self._world.journal.as_json(_number(request, "last", 100)))

    async def pause(self, request: Request) -> Response:
        for line in self._world.lines:
            line.pause()
        return _done()

    async def resume(self, request: Request) -> Response:
        for line in self._world.lines:
            line.resume()
        return _done()

    async def drop(self, request: Request) -> Response:
        for line in self._world.lines:
            line.drop_next(_number(request, "next", 1))
        return _done()

    async def order_faults(self, request: Request) -> Response:
        query = request.query_params
        kinds = {fault.value: fault for fault in Fault}
        if query.get("kind") not in kinds:
            return answer({"kind": f"one of {', '.join(kinds)}"}, 400)
        calls = _number(request, "calls", 1)
        method, path = query.get("method", "").upper(), query.get("path", "")
        self._world.faults.order(kinds[query["kind"]], calls, method=method, path=path)
        return _done()

    async def revoke(self, request: Request) -> Response:
        self._world.revoke_tokens()
        return _done()

    async def revoke_consents(self, request: Request) -> Response:
        self._world.revoke_consents()
        return _done()

    async def leave_calls(self, request: Request) -> Response:
        self._world.leave_calls(_number(request, "calls", 0))
        return _done()


def _done() -> Response:
    return Response(status_code=204)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() else default
