"""Gathers the calls that a model issues at once into one step message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Call = dict[str, Any]
Play = Callable[[list[Call]], Awaitable[list[str]]]


class TurnGatherer:
    """Engines start the calls of a turn as coroutines of one event loop; each `add` of the same tick joins one turn.

    All of them are started before the loop comes round again, so what is scheduled by the first of them runs after the
    last. Only so does the server see the turn whole: one walk for all greps, and e over the turn as it was issued.
    """

    def __init__(self, play: Play):
        """`play` takes the calls of a turn and resolves to a result for each, in their order."""
        self._play = play
        self._calls: list[Call] = []
        self._results: list[asyncio.Future[str]] = []

    async def add(self, name: str, arguments: dict[str, Any] | str) -> str:
        """Resolves to the result of this call once its turn has been played. Raises what `play` raises."""
        loop = asyncio.get_running_loop()
        if not self._calls:
            loop.call_soon(self._flush)
        result: asyncio.Future[str] = loop.create_future()
        self._calls.append({"id": f"c{len(self._calls) + 1}", "name": name, "arguments": arguments})
        self._results.append(result)
        return await result

    def _flush(self) -> None:
        calls, results = self._calls, self._results
        self._calls, self._results = [], []
        # Kept by the futures' callback: a task that nobody holds may be collected.
        task = asyncio.get_running_loop().create_task(self._play(calls))
        task.add_done_callback(lambda done: _settle(done, results))


def _settle(done: asyncio.Task[list[str]], results: list[asyncio.Future[str]]) -> None:
    failure = asyncio.CancelledError() if done.cancelled() else done.exception()
    for index, result in enumerate(results):
        if result.done():
            continue
        if failure is not None:
            result.set_exception(failure)
        else:
            result.set_result(done.result()[index])
