"""GRPO of a small model with LoRA against `fusesearch env serve`, starting from the SFT adapter.

    python -m fusesearch_rl.grpo_lora --model models/base --start models/sft \\
        --environment http://127.0.0.1:7466 --output models/grpo

Each update plays a group of rollouts for each of --tasks tasks. The advantage of a rollout is its reward minus the mean
of its group, divided by the group's standard deviation (GRPO). Each batch of rollouts is used for one update only, so
the probability ratio is 1 and needs no clipping. The server computes the reward (`env serve --reward`). The chats have
the text that a GGUF model sees when the product runs it (`data sft --format gguf`), but sampling isn't restricted by
the product's grammar: a reply that isn't the JSON of calls goes to the server as text without calls.
"""

from __future__ import annotations

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean, pstdev
from typing import Any

import torch
from transformers import AutoTokenizer

from .client import EnvironmentClient, fetch
from .lora import Learner, Start, add_flags, cache_of, head_of, tokenise
from .settings import Parser

# Must equal the text of `toolText` in packages/fusesearch/src/models/gguf/chat.ts.
TOOLS = "Tools, each with the JSON schema of its arguments:"
FORM = (
    "Reply with JSON alone, and leave out optional arguments that you do not need:\n"
    '{"calls":[{"name":"<tool>","arguments":{…}},…]}'
)


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    add_flags(parser)
    rollouts = parser.add_argument_group("rollouts")
    rollouts.add_argument("--start", help="folder of the SFT adapter")
    rollouts.add_argument("--environment", required=True, help="address of `fusesearch env serve`")
    rollouts.add_argument("--split", default="train", help="split of the server's tasks to train on")
    rollouts.add_argument("--group-size", type=int, default=8, help="rollouts per task, G")
    rollouts.add_argument("--tasks", type=int, default=8, help="tasks per update")
    rollouts.add_argument("--temperature", type=float, default=1.0, help="sampling temperature")
    rollouts.add_argument("--max-reply-tokens", type=int, default=256, help="maximum tokens of a reply, as in serving")
    rollouts.add_argument(
        "--max-length", type=int, default=4096, help="maximum tokens of a rollout; a longer one stops with reward 0"
    )
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Trains until --steps updates are done, counting those before a resume."""
    settings = make_parser().read(arguments)
    token = os.environ.get("FUSESEARCH_TOKEN")
    prompts = fetch(settings.environment, "/prompts", token=token)
    count = fetch(settings.environment, "/fusesearch/num_tasks", {"split": settings.split}, token)["num_tasks"]
    print(f"reward {prompts['reward']}, {count} tasks", flush=True)
    tokenizer = AutoTokenizer.from_pretrained(settings.model)
    begin, _ = tokenise([{"role": "system", "content": system_of(prompts)}], tokenizer)
    learner = Learner(settings, start=settings.start)
    size = settings.group_size
    clients = [EnvironmentClient(settings.environment, token) for _ in range(settings.tasks * size)]
    try:
        while learner.step < settings.steps:
            tasks = random.Random(f"{settings.seed}/{learner.step}").sample(range(count), min(count, settings.tasks))
            start = learner.begin(begin)
            rollouts = [
                Rollout(client, tasks[at // size], tokenizer, settings)
                for at, client in enumerate(clients[: len(tasks) * size])
            ]
            play(rollouts, learner, start)
            groups = [rollouts[at : at + size] for at in range(0, len(rollouts), size)]
            learn(groups, learner, start)
            learner.update(line_of(rollouts, groups))
    finally:
        for client in clients:
            client.close()


class Rollout:
    """One rollout: its episode, the tokens of its chat with their loss mask, and its reward.

    `calls` has the number of calls of each turn. The reward stays 0.0 if the rollout stops before its episode ends.
    """

    def __init__(self, client: EnvironmentClient, task: int, tokenizer: Any, settings: Any):
        self._client = client
        self._tokenizer = tokenizer
        self._settings = settings
        self.calls: list[int] = []
        self.reward = 0.0
        self.is_over = False
        opening = client.reset(split=settings.split, index=task).observation
        self.ids, self.mask = tokenise([{"role": "user", "content": opening["text"]}], tokenizer)
        self._say(head_of("assistant", tokenizer), learned=False)

    def take(self, reply: list[int]) -> None:
        """Appends a reply of the model, plays its calls as one turn, and appends their results.

        Raises what `EnvironmentClient.step` raises.
        """
        end = self._tokenizer.convert_tokens_to_ids("<|im_end|>")
        is_whole = end in reply
        said = reply[: reply.index(end) + 1] if is_whole else reply
        self._say(said, learned=True)
        text = self._tokenizer.decode(said[:-1] if is_whole else said)
        calls = calls_of(text)
        self.calls.append(len(calls))
        shown = self._client.step(calls, "" if calls else text)
        self.is_over, self.reward = shown.done, shown.reward or 0.0
        if self.is_over:
            return
        results = [
            f"[result of {call['name']}]\n{result['content']}"
            for call, result in zip(calls, shown.observation["results"], strict=False)
        ]
        told = "\n\n".join([*results, *filter(None, [shown.observation.get("text")])])
        after = ("" if is_whole else "<|im_end|>") + "\n"
        self._say(self._tokenizer.encode(after, add_special_tokens=False), learned=False)
        message, _ = tokenise([{"role": "user", "content": told}], self._tokenizer)
        self._say(message + head_of("assistant", self._tokenizer), learned=False)
        # A rollout that is too long stops here. The next reset of its client ends the episode.
        self.is_over = len(self.ids) > self._settings.max_length

    def _say(self, ids: list[int], learned: bool) -> None:
        self.ids += ids
        self.mask += [learned] * len(ids)


def system_of(prompts: dict[str, Any]) -> str:
    """Returns the system prompt with the tools, as the product writes it for a GGUF model."""
    tools = [json.dumps(tool["function"], ensure_ascii=False, separators=(",", ":")) for tool in prompts["tools"]]
    return "\n\n".join([prompts["system"], "\n".join([TOOLS, *tools, FORM])])


def calls_of(text: str) -> list[dict[str, Any]]:
    """Returns the calls of a reply, or none if the reply doesn't have the requested JSON."""
    try:
        calls = json.loads(text)["calls"]
        return [
            {"id": f"c{at}", "name": str(call["name"]), "arguments": json.dumps(call["arguments"])}
            for at, call in enumerate(calls)
        ]
    except (ValueError, KeyError, TypeError):
        return []


def play(rollouts: list[Rollout], learner: Learner, start: Start) -> None:
    """Plays all rollouts to their end. Each pass samples and plays the next turn of all unfinished ones together."""
    learner.model.eval()
    with ThreadPoolExecutor(max_workers=16) as pool:
        while going := [rollout for rollout in rollouts if not rollout.is_over]:
            replies = sample([rollout.ids for rollout in going], learner, start)
            list(pool.map(lambda pair: pair[0].take(pair[1]), zip(going, replies, strict=True)))
    learner.model.train()


@torch.no_grad()
def sample(chats: list[list[int]], learner: Learner, start: Start) -> list[list[int]]:
    """Samples a reply to each chat, of at most --max-reply-tokens tokens with the end mark.

    Shorter chats are padded on the left; the attention mask hides the padding.
    """
    settings = learner.settings
    known = start[0][0].shape[2]
    longest = max(len(ids) for ids in chats)
    padding = [longest - len(ids) for ids in chats]
    ids = torch.tensor([[0] * pad + chat for pad, chat in zip(padding, chats, strict=True)], device=settings.device)
    seen = torch.tensor([[1] * known + [0] * pad + [1] * (longest - pad) for pad in padding], device=settings.device)
    places = (seen.cumsum(1) - 1).clamp(min=0)
    end = learner.causal.generation_config.eos_token_id
    ends = set(end if isinstance(end, list) else [end])
    cache = cache_of(start, len(chats))
    written: list[list[int]] = [[] for _ in chats]
    done = [False] * len(chats)
    at = places[:, known:]
    for _ in range(settings.max_reply_tokens):
        hidden = learner.causal.model(ids, attention_mask=seen, position_ids=at, past_key_values=cache, use_cache=True)
        logits = learner.causal.lm_head(hidden.last_hidden_state[:, -1]).float() / settings.temperature
        drawn = torch.multinomial(logits.softmax(-1), 1)
        for index, token in enumerate(drawn[:, 0].tolist()):
            if not done[index]:
                written[index].append(token)
                done[index] = token in ends
        if all(done):
            break
        ids, at = drawn, at[:, -1:] + 1
        seen = torch.cat([seen, seen.new_ones(len(chats), 1)], 1)
    return written


def learn(groups: list[list[Rollout]], learner: Learner, start: Start) -> None:
    """Computes the gradients of one update. A group with equal rewards is skipped, because its advantages are 0."""
    tokens = sum(sum(rollout.mask) for group in groups for rollout in group)
    for group in groups:
        rewards = [rollout.reward for rollout in group]
        spread = pstdev(rewards)
        for rollout in group if spread > 0 else []:
            advantage = (rollout.reward - fmean(rewards)) / spread
            losses = learner.losses((rollout.ids, rollout.mask), start)
            (advantage * losses.sum() / tokens).backward()


def line_of(rollouts: list[Rollout], groups: list[list[Rollout]]) -> dict[str, Any]:
    """Returns the log line of an update: rewards and turns of its rollouts."""
    rewards = [rollout.reward for rollout in rollouts]
    turns = [calls for rollout in rollouts for calls in rollout.calls]
    return {
        "reward": round(fmean(rewards), 4),
        "deviation": round(pstdev(rewards), 4),
        "equal_groups": sum(pstdev([one.reward for one in group]) == 0 for group in groups),
        "turns": round(fmean(len(rollout.calls) for rollout in rollouts), 2),
        "calls_a_turn": round(fmean(turns), 2),
        "without_calls": round(fmean(calls == 0 for calls in turns), 3),
    }


if __name__ == "__main__":
    main()
