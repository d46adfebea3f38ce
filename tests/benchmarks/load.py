"""Load: requests that are made beforehand, sent over kept connections as fast as they are answered."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a run: how long it took, and each answer's seconds, in no order."""

    seconds: float
    latencies: Sequence[float]

    @property
    def a_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The seconds within which this share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def load(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send all requests to the loopback port over so many connections. Raises `ValueError` where one is not taken."""
    waiting, latencies = iter(requests), list[float]()
    began = perf_counter()
    await asyncio.gather(*(_send(port, waiting, latencies) for _ in range(connections)))
    return Load(perf_counter() - began, latencies)


async def _send(port: int, waiting: Iterator[bytes], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        sent_at = perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        latencies.append(perf_counter() - sent_at)
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"answered: {head.splitlines()[0]!r}")
    writer.close()
    await writer.wait_closed()
