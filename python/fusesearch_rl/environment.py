"""The environment class for TRL's GRPOTrainer. TRL makes one instance per concurrent rollout and resets it for each."""

from __future__ import annotations

from typing import Any

from .episode import Episode


class Environment:
    """An environment for TRL that plays an `Episode`. TRL treats every public method except these two as a tool.

    The tools are async, so TRL starts the calls of a turn together, and one step message contains them all.
    """

    def __init__(self, episode: Episode):
        self._episode = episode

    def reset(self, split: str = "train", index: int = 0, **_row: Any) -> str:
        """Starts the task of a dataset row and returns its issue, which TRL appends to the row's empty user message."""
        return self._episode.reset(split, index)

    def get_reward(self) -> float:
        """Returns the server's reward R. Raises ConnectionLost if the session was lost, which ends the training."""
        return self._episode.reward()


class Environments:
    """The `environment_factory` for TRL: makes environments, and closes their sessions, which TRL doesn't do."""

    def __init__(self, url: str, prompts: dict[str, Any], token: str | None = None):
        """`prompts` is the server's answer to GET /prompts, with its system prompt and its tools."""
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
    """Returns a subclass of `Environment` with an async method for each tool.

    The class is named FuseSearch, because TRL logs the reward under the name of the class. The methods accept any
    arguments, because the server repairs or explains mistakes as it does in serving. TRL can't derive the tools'
    schemas from these signatures, so `EpisodeTrainer` supplies the product's own schemas.
    """
    return type("FuseSearch", (Environment,), {name: _tool(name) for name in names})


def _tool(name: str) -> Any:
    async def tool(self: Environment, **arguments: Any):
        return await self._episode.call(name, arguments)

    tool.__name__ = name
    return tool
