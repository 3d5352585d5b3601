"""Gathers the calls of a turn into one step message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Call = dict[str, Any]
Play = Callable[[list[Call]], Awaitable[list[str]]]


class TurnGatherer:
    """Combines all calls that are added in the same tick of the event loop into one turn.

    Training engines start the calls of a turn as coroutines, all in one tick. The first call schedules the turn with
    `call_soon`, so the turn is played after the last call was added. The server needs the whole turn in one message:
    then all its greps share one walk, and the efficiency e is computed for the turn that the model issued.
    """

    def __init__(self, play: Play):
        """`play` takes the calls of a turn and returns their results in the same order."""
        self._play = play
        self._calls: list[Call] = []
        self._results: list[asyncio.Future[str]] = []
        self._tasks: set[asyncio.Task[list[str]]] = set()

    async def add(self, name: str, arguments: dict[str, Any] | str) -> str:
        """Adds a call to the current turn and returns its result. Raises what `play` raises."""
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
        task = asyncio.get_running_loop().create_task(self._play(calls))
        # The event loop holds only a weak reference, so the task might be collected before it ends.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
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
