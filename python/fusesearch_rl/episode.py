"""One rollout's episodes, whichever engine plays them: reset, turns of calls, reward."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from .client import ConnectionLost, EnvironmentClient, EnvironmentRefusal, Observed
from .turn import Call, TurnGatherer

# What the server takes in one step; more is a model that runs on.
MAX_CALLS = 64
# Results of the step that ended an episode (packages/lab/src/environment/observe.ts). Results of tools begin with their place.
CLOSING_RESULTS = ("The answer was taken. The search is over.", "Not run: the search is over.")
RESET_TRIES = 3


class Episode:
    """A session that is reset again and again."""

    def __init__(self, url: str, token: str | None, system: str):
        """`system` is the prompt that rollouts begin with; an episode with another one is refused."""
        self._client = EnvironmentClient(url, token)
        self._system = system
        self._turn = TurnGatherer(self._play)
        self._reward: float | None = None
        self._failure: ConnectionLost | None = None
        self.is_over = False

    def reset(self, split: str, index: int) -> str:
        """Begins a task; the issue, which is the first user message.

        Raises ConnectionLost; EnvironmentRefusal: no room, no such task, a repository that can't be had; ValueError: a
        server that was started with other flags than the prompts come from.
        """
        self._reward, self._failure, self.is_over = None, None, False
        opening = self._reset({"split": split, "index": index, "episode_id": str(uuid.uuid4())}).observation
        if opening["system"] != self._system:
            raise ValueError("the server's system prompt isn't the rollouts': it was started with other flags")
        return opening["text"]

    async def call(self, name: str, arguments: dict[str, Any] | str) -> str:
        """The result of a call; all calls that an event loop starts at once are one turn and one step message."""
        return await self._turn.add(name, arguments)

    def reward(self) -> float:
        """R; 0.0 where the rollout ended without an answer. Raises what broke the session, if anything did."""
        if self._failure is not None:
            raise self._failure
        return 0.0 if self._reward is None else self._reward

    def state(self) -> dict[str, Any]:
        """The server's numbers of the episode."""
        return self._client.state()

    def close(self) -> None:
        """Ends the session."""
        self._client.close()

    async def _play(self, calls: list[Call]) -> list[str]:
        """One step message. A lost session is kept for `reward`: engines show a tool's exception to the model alone."""
        if self.is_over:
            return [CLOSING_RESULTS[1]] * len(calls)
        try:
            shown = await asyncio.to_thread(self._client.step, calls[:MAX_CALLS])
        except ConnectionLost as lost:
            self._failure = lost
            raise
        except EnvironmentRefusal as refusal:
            # A step over its time: the server has given the episode up, which is then worth nothing.
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
                # A repository that is opened for the first time may outrun the limit; it goes on in the background.
                if refusal.code != "EXECUTION_ERROR":
                    raise
        return self._client.reset(**choice)
