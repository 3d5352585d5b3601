"""Records every rollout and step of a GRPO run without changing the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from support import Server
from transformers import TrainerCallback


@dataclass(frozen=True)
class Rollout:
    """A rollout: reward, turns and calls as TRL has them, step count and end as the server has them."""

    episode_id: str
    reward: float
    turns: int
    calls: int
    step_count: int
    is_done: bool
    last_role: str


@dataclass(frozen=True)
class Step:
    """Whether the rewards differed within any group, and whether any weight changed."""

    rewards_differ: bool
    moved: bool


class Recorder(TrainerCallback):
    """Adds itself to a trainer. `before_step_two` runs after the first update, before the second batch of rollouts."""

    def __init__(self, trainer: Any, server: Server):
        self.steps: list[list[Rollout]] = []
        self.prompts: list[list[int]] = []
        self.free_sessions: list[int] = []
        self.moved: list[Step] = []
        self.before_step_two: Callable[[], Any] = lambda: None
        self._trainer, self._server = trainer, server
        self._weights = self._copy_weights()
        self._rewards, self._tokenize = trainer._calculate_rewards, trainer._tokenize_prompts
        trainer._calculate_rewards, trainer._tokenize_prompts = self._note_rewards, self._note_prompts
        trainer.add_callback(self)

    def on_step_end(self, _args, state, _control, **_others):
        self.free_sessions.append(self._server.free_sessions())
        weights = self._copy_weights()
        moved = any(not torch.equal(old, new) for old, new in zip(self._weights, weights, strict=True))
        self.moved.append(Step(_differ(self._of_groups()), moved))
        self._weights = weights
        if state.global_step == 1:
            self.before_step_two()

    def _note_prompts(self, prompts):
        found = self._tokenize(prompts)
        self.prompts += found[0]
        return found

    def _note_rewards(self, inputs, prompts, completions, completion_ids):
        rewards = self._rewards(inputs, prompts, completions, completion_ids)
        environments = self._trainer.environments
        self.steps.append([_rollout(*one) for one in zip(environments, rewards, completions, strict=True)])
        return rewards

    def _of_groups(self) -> list[list[float]]:
        size = self._trainer.num_generations
        rewards = [rollout.reward for rollout in self.steps[-1]]
        return [rewards[at : at + size] for at in range(0, len(rewards), size)]

    def _copy_weights(self) -> list[torch.Tensor]:
        return [weight.detach().clone() for weight in self._trainer.model.parameters()]


def _rollout(environment: Any, reward: torch.Tensor, completion: list[dict[str, Any]]) -> Rollout:
    state = environment._episode.state()
    acting = [message for message in completion if message.get("tool_calls")]
    return Rollout(
        episode_id=state["episode_id"],
        reward=reward[0].item(),
        turns=len(acting),
        calls=sum(len(message["tool_calls"]) for message in acting),
        step_count=state["step_count"],
        is_done=state["done"],
        last_role=completion[-1]["role"],
    )


def _differ(groups: list[list[float]]) -> bool:
    return any(len(set(group)) > 1 for group in groups)
