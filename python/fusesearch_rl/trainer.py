"""TRL's GRPOTrainer with three changes for episodes. It uses internals of TRL 1.16.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trl import GRPOTrainer

from .environment import Environment, Environments
from .episode import CLOSING_RESULTS

Ids = list[int]


class EpisodeTrainer(GRPOTrainer):
    """Plays `Environments` so that the model sees exactly what it sees in serving. Differences from GRPOTrainer:

    - Prompts contain the product's own tool schemas. TRL would derive schemas from signatures, which can't express
      limits or nested objects, and the prompt must equal the one of the fine-tuning.
    - The server receives every call of a turn, in order, including calls of unknown tools. TRL would answer those
      itself, before the other calls.
    - A rollout ends with its episode. TRL would let the model write after the answer, and train on that text.
    """

    def __init__(self, *, environments: Environments, tools: list[dict[str, Any]], **options: Any):
        """`tools` come from /prompts; `options` go to GRPOTrainer. Episodes replace its reward functions."""
        super().__init__(environment_factory=environments, **options)
        self._env_tools = {name: tools for name in self._env_tools}
        self._closing: set[tuple[int, ...]] = set()

    def _tool_call_loop(self, *rollouts: Any) -> Any:
        self._sync_tool_dicts = [{} for _ in self.environments]
        self._async_tool_dicts = [AnyTool(environment) for environment in self.environments]
        return super()._tool_call_loop(*rollouts)

    def _get_tool_suffix_ids(self, tool_messages: list[dict[str, Any]]) -> Ids:
        ids = super()._get_tool_suffix_ids(tool_messages)
        if any(message["content"] in CLOSING_RESULTS for message in tool_messages):
            self._closing.add(tuple(ids))
        return ids

    def _generate_single_turn(self, prompt_ids: list[Ids], *inputs: Any, **options: Any) -> tuple[list[Ids], Any]:
        """Generates nothing for a row that ends in a closing result, so training sees no token after the answer."""
        is_over = [self._ends_episode(ids) for ids in prompt_ids]
        going = [ids for ids, over in zip(prompt_ids, is_over, strict=True) if not over]
        nothing: tuple[list[Ids], Any] = ([], [] if self.use_vllm else None)
        written, logprobs = super()._generate_single_turn(going, *inputs, **options) if going else nothing
        return _merge(is_over, written), None if logprobs is None else _merge(is_over, logprobs)

    def _ends_episode(self, ids: Ids) -> bool:
        return any(tuple(ids[-len(closing) :]) == closing for closing in self._closing)


class AnyTool(dict[str, Callable[..., Any]]):
    """A table of tools that contains every name. The server itself rejects tools that don't exist."""

    def __init__(self, environment: Environment):
        super().__init__()
        self._episode = environment._episode

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return lambda **arguments: self._episode.call(name, arguments)


def _merge(is_over: list[bool], written: list[list[Any]]) -> list[list[Any]]:
    """Returns a row per rollout: an empty one if its episode is over, else the next written one."""
    rest = iter(written)
    return [[] if over else next(rest) for over in is_over]
