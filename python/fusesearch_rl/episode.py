"""The episodes of one rollout after another, for any training engine: reset, turns of calls, reward."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from .client import ConnectionLost, EnvironmentClient, EnvironmentRefusal, Observed
from .turn import Call, TurnGatherer

# The server accepts at most this many calls per step. Only a model that repeats itself writes more.
MAX_CALLS = 64
# Results of the step that ends an episode (packages/lab/src/environment/observe.ts). A tool's result can't be mistaken
# for one of them, because it begins with its place, such as "[turn 1, call 1]".
CLOSING_RESULTS = ("The answer was taken. The search is over.", "Not run: the search is over.")
RESET_TRIES = 3


class Episode:
    """A session of the server that plays one episode after another; each reset starts the next one."""

    def __init__(self, url: str, token: str | None, system: str):
        """`system` is the system prompt of the training; `reset` raises ValueError if the server's prompt differs."""
        self._client = EnvironmentClient(url, token)
        self._system = system
        self._turn = TurnGatherer(self._play)
        self._reward: float | None = None
        self._failure: ConnectionLost | None = None
        self.is_over = False

    def reset(self, split: str, index: int) -> str:
        """Starts the episode of a task and returns its issue, which is the first user message.

        Raises ConnectionLost if the connection fails; EnvironmentRefusal if the server has no free session, or the
        task or its repository doesn't exist; ValueError if the server's system prompt isn't the one of the training.
        """
        self._reward, self._failure, self.is_over = None, None, False
        opening = self._reset({"split": split, "index": index, "episode_id": str(uuid.uuid4())}).observation
        if opening["system"] != self._system:
            raise ValueError("the server's system prompt isn't the one of the training; start it with the same flags")
        return opening["text"]

    async def call(self, name: str, arguments: dict[str, Any] | str) -> str:
        """Plays a call and returns its result. Calls of the same tick of the event loop form one turn."""
        return await self._turn.add(name, arguments)

    def reward(self) -> float:
        """Returns the reward R, or 0.0 if the rollout stopped before the episode ended.

        Raises ConnectionLost if the session was lost during a turn.
        """
        if self._failure is not None:
            raise self._failure
        return 0.0 if self._reward is None else self._reward

    def state(self) -> dict[str, Any]:
        """Returns the server's state of the episode."""
        return self._client.state()

    def close(self) -> None:
        """Ends the session."""
        self._client.close()

    async def _play(self, calls: list[Call]) -> list[str]:
        """Sends the calls as one step and returns their results.

        Keeps a ConnectionLost so that `reward` can raise it: engines only show an exception of a tool to the model.
        """
        if self.is_over:
            return [CLOSING_RESULTS[1]] * len(calls)
        try:
            shown = await asyncio.to_thread(self._client.step, calls[:MAX_CALLS])
        except ConnectionLost as lost:
            self._failure = lost
            raise
        except EnvironmentRefusal as refusal:
            # The step exceeded its time, so the server has ended the episode. Its reward is 0.
            self.is_over = True
            return [str(refusal)] * len(calls)
        self._reward, self.is_over = shown.reward, shown.done
        contents = [result["content"] for result in shown.observation["results"]]
        return contents + ["Not run: a turn holds fewer calls."] * (len(calls) - len(contents))

    def _reset(self, choice: dict[str, Any]) -> Observed:
        for _ in range(RESET_TRIES - 1):
            try:
                return self._client.reset(**choice)
            except EnvironmentRefusal as refusal:
                # Opening a large repository may exceed the time limit. The server continues to open it, so try again.
                if refusal.code != "EXECUTION_ERROR":
                    raise
        return self._client.reset(**choice)
