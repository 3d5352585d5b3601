"""A LoRA adapter over a small frozen model, and what makes it affordable on a processor.

- All chats begin with the same system prompt and tools. What the model makes of them is computed once for each update
  and serves all of its chats. No gradient flows through that part.
- All is computed in bfloat16, which processors with AMX multiply fast. The adapter has a copy in float32, which the
  optimizer moves: updates of this size vanish in bfloat16.
- Only the tokens that are learned get logits: the vocabulary is the largest matrix of a small model.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, DynamicCache

STATE = "state.pt"
LOG = "log.jsonl"

Chat = tuple[list[int], list[bool]]
"""The tokens of a chat, and which of them are learned."""

Start = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer for the tokens that all chats begin with."""


def add_flags(parser: ArgumentParser) -> None:
    """The flags that every training of an adapter has."""
    parser.add_argument("--steps", type=int, default=100, help="updates in all, over all starts")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="peak")
    parser.add_argument("--warmup", type=int, default=5, help="updates until the peak; it then falls to a tenth")
    parser.add_argument("--rank", type=int, default=16, help="of the adapter")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="of the processor")
    parser.add_argument("--save-every", type=int, default=10, help="updates between two checkpoints")


class Learner:
    """The model with its adapter, its optimizer, and the number of updates made: of the last checkpoint, if any."""

    def __init__(self, settings: Namespace, start: str | None = None):
        """`start` is the folder of an adapter to begin with, when there is no checkpoint."""
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.output = Path(settings.output)
        self.output.mkdir(parents=True, exist_ok=True)
        base = AutoModelForCausalLM.from_pretrained(settings.model, dtype=torch.bfloat16).to(settings.device)
        state = self.output / STATE
        folder = self.output if state.exists() else start
        self.model = _adapted(base, settings, folder)
        self.learned = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self._exact = [parameter.detach().float().clone() for parameter in self.learned]
        self.optimizer = torch.optim.AdamW(self._exact, lr=settings.learning_rate, weight_decay=0.0)
        self.step = 0
        self._began = (time.monotonic(), time.process_time())
        if state.exists():
            kept = torch.load(state, map_location=settings.device, weights_only=True)
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step = kept["step"]
            for exact, parameter in zip(self._exact, kept["exact"], strict=True):
                exact.copy_(parameter)

    @property
    def causal(self) -> Any:
        """The model itself, with the adapter in its layers."""
        return self.model.base_model.model

    @torch.no_grad()
    def begin(self, tokens: list[int]) -> Start:
        """What the model makes of these tokens, for the chats that begin with them."""
        cache = DynamicCache()
        self.causal.model(torch.tensor([tokens], device=self.settings.device), past_key_values=cache, use_cache=True)
        return [(layer.keys, layer.values) for layer in cache.layers]

    def losses(self, chat: Chat, start: Start) -> torch.Tensor:
        """The loss of each learned token of a chat, which goes on from `start`."""
        ids, mask = chat
        whole = torch.tensor([ids], device=self.settings.device)
        hidden = self.causal.model(whole, past_key_values=cache_of(start), use_cache=True).last_hidden_state[0]
        # The state of a token foretells the next one.
        said = torch.tensor(mask[1:], device=whole.device).nonzero()[:, 0]
        logits = self.causal.lm_head(hidden[said]).float()
        return torch.nn.functional.cross_entropy(logits, whole[0, said + 1], reduction="none")

    def update(self, line: dict[str, Any]) -> None:
        """Moves the adapter by the gradients at hand, writes the line to the log, and saves where it is time."""
        rate = learning_rate(self.step, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.move()
        self.step += 1
        (wall, busy), now = self._began, (time.monotonic(), time.process_time())
        self._began = now
        spent = {"seconds": round(now[0] - wall, 1), "cpu": round(now[1] - busy, 1)}
        whole = json.dumps({"step": self.step, **line, "rate": rate, **spent})
        print(whole, flush=True)
        with open(self.output / LOG, "a", encoding="utf-8") as log:
            log.write(whole + "\n")
        if self.step % self.settings.save_every == 0 or self.step == self.settings.steps:
            self.save()

    @torch.no_grad()
    def move(self) -> None:
        """Moves the adapter by the gradients at hand."""
        for exact, parameter in zip(self._exact, self.learned, strict=True):
            exact.grad = torch.zeros_like(exact) if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, 1.0)
        self.optimizer.step()
        for exact, parameter in zip(self._exact, self.learned, strict=True):
            parameter.copy_(exact)

    def save(self) -> None:
        """The adapter first, then the state that names its step, each in place of the old one at once."""
        part = self.output / "part"
        self.model.save_pretrained(part)
        state = {"optimizer": self.optimizer.state_dict(), "exact": self._exact, "step": self.step}
        torch.save(state, part / STATE)
        for name in ["adapter_config.json", "adapter_model.safetensors", STATE]:
            os.replace(part / name, self.output / name)
        shutil.rmtree(part)


def cache_of(start: Start, copies: int = 1) -> DynamicCache:
    """A cache that goes on from the start, for so many chats at once."""
    cache = DynamicCache()
    for index, (keys, values) in enumerate(start):
        cache.update(keys.repeat_interleave(copies, 0), values.repeat_interleave(copies, 0), index)
    return cache


def learning_rate(step: int, settings: Namespace) -> float:
    """Rises evenly, then falls to a tenth as a cosine does."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def tokenise(messages: list[dict[str, Any]], tokenizer: Any) -> Chat:
    """A chat in the marks of ChatML, as the engine writes it; learned is a reply with the mark of its end."""
    ids: list[int] = []
    mask: list[bool] = []
    for message in messages:
        head = head_of(message["role"], tokenizer)
        body = tokenizer.encode(f"{message['content']}<|im_end|>", add_special_tokens=False)
        tail = tokenizer.encode("\n", add_special_tokens=False)
        ids += head + body + tail
        mask += [False] * len(head) + [message.get("learn", False)] * len(body) + [False] * len(tail)
    return ids, mask


def head_of(role: str, tokenizer: Any) -> list[int]:
    """The tokens with which a message of this role begins."""
    return tokenizer.encode(f"<|im_start|>{role}\n", add_special_tokens=False)


def _adapted(base: Any, settings: Namespace, folder: str | Path | None) -> PeftModel:
    if folder is not None:
        return PeftModel.from_pretrained(base, str(folder), is_trainable=True, autocast_adapter_dtype=False)
    rank = settings.rank
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(base, config, autocast_adapter_dtype=False)
