"""TRL's GRPOTrainer, with the three things that an episode needs of it. Written against TRL 1.16.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trl import GRPOTrainer

from .environment import Environment, Environments
from .episode import CLOSING_RESULTS

Ids = list[int]


class EpisodeTrainer(GRPOTrainer):
    """Plays `Environments` as FuseSearch serves a model. What differs from GRPOTrainer:

    - Prompts hold the product's own tool schemas. TRL would derive them from signatures, which can't say the half of
      them (limits, nested objects), and a model is as good as the prompt that it was fine-tuned on.
    - Every call of a turn reaches the server in its place, unknown tools too, which TRL answers itself and first.
    - A rollout ends with its episode. TRL would let the model write on after the answer, and train on that.
    """

    def __init__(self, *, environments: Environments, tools: list[dict[str, Any]], **options: Any):
        """`tools` as /prompts has them; `options` are GRPOTrainer's. No reward function: the episode has the reward."""
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
        """For rows that end in a closing result nothing is generated: not a token that would be learned from."""
        is_over = [self._ends_episode(ids) for ids in prompt_ids]
        going = [ids for ids, over in zip(prompt_ids, is_over, strict=True) if not over]
        nothing: tuple[list[Ids], Any] = ([], [] if self.use_vllm else None)
        written, logprobs = super()._generate_single_turn(going, *inputs, **options) if going else nothing
        return _merge(is_over, written), None if logprobs is None else _merge(is_over, logprobs)

    def _ends_episode(self, ids: Ids) -> bool:
        return any(tuple(ids[-len(closing) :]) == closing for closing in self._closing)


class AnyTool(dict[str, Callable[..., Any]]):
    """A table of tools that has every name: what doesn't exist is for the server to say."""

    def __init__(self, environment: Environment):
        super().__init__()
        self._episode = environment._episode

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return lambda **arguments: self._episode.call(name, arguments)


def _merge(is_over: list[bool], written: list[list[Any]]) -> list[list[Any]]:
    """Empty rows where an episode is over, the others in their order."""
    rest = iter(written)
    return [[] if over else next(rest) for over in is_over]
