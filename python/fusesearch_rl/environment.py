"""The environment class that TRL's GRPOTrainer plays: one instance for each rollout, reset again for ever."""

from __future__ import annotations

from typing import Any

from .episode import Episode


class Environment:
    """What TRL asks of an environment, over an `Episode`. Every public method but these two is a tool to TRL.

    Tools are async, so that TRL starts the calls of a turn together and one step message carries them all.
    """

    def __init__(self, episode: Episode):
        self._episode = episode

    def reset(self, split: str = "train", index: int = 0, **_row: Any) -> str:
        """Begins the task of a dataset row; the issue, which TRL appends to the row's empty user message."""
        return self._episode.reset(split, index)

    def get_reward(self) -> float:
        """R, as the server has it. Raises ConnectionLost when the session broke, and so ends the training."""
        return self._episode.reward()


class Environments:
    """The factory for `environment_factory`: makes environments, and closes their sessions, which TRL never does."""

    def __init__(self, url: str, prompts: dict[str, Any], token: str | None = None):
        """`prompts` is what the server answers at /prompts: its system prompt and its tools."""
        self._url, self._token, self._system = url, token, prompts["system"]
        self._class = environment_class([tool["function"]["name"] for tool in prompts["tools"]])
        self._episodes: list[Episode] = []

    def __call__(self) -> Environment:
        self._episodes.append(Episode(self._url, self._token, self._system))
        return self._class(self._episodes[-1])

    def close(self) -> None:
        """Ends every session."""
        for episode in self._episodes:
            episode.close()


def environment_class(names: list[str]) -> type[Environment]:
    """`Environment` with an async method for each tool. Named `FuseSearch`, as TRL logs its reward.

    The methods take whatever the model wrote, for the server repairs and explains as it does in serving. Their schemas
    are the product's own and can't be read from their signatures, so they are played by `EpisodeTrainer`.
    """
    return type("FuseSearch", (Environment,), {name: _tool(name) for name in names})


def _tool(name: str) -> Any:
    async def tool(self: Environment, **arguments: Any):
        return await self._episode.call(name, arguments)

    tool.__name__ = name
    return tool
