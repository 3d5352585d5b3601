"""Trains a LoRA adapter of a small frozen model. Three things make that affordable on a CPU:

- All chats begin with the same system prompt and tools. Their keys and values are computed once per update and used
  for all of its chats. No gradient flows through that part.
- The model computes in bfloat16, which CPUs with AMX multiply fast. The optimizer updates a float32 copy of the
  adapter, because bfloat16 would round updates of this size away.
- Only tokens in the loss get logits, because the output embedding is the largest matrix of a small model.
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
"""The token ids of a chat and its loss mask: True for each token that is in the loss. Both have the same length."""

Start = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of the shared beginning for each layer, [1, heads, tokens, head size]. Empty if there is none."""


def add_flags(parser: ArgumentParser) -> None:
    """Adds the flags that SFT and GRPO with LoRA share."""
    group = parser.add_argument_group("model and training")
    group.add_argument("--model", required=True, help="folder from `gguf_file unpack`")
    group.add_argument("--output", required=True, help="folder for the adapter, its log and its checkpoint")
    group.add_argument("--steps", type=int, default=100, help="number of updates, including those before a resume")
    group.add_argument("--learning-rate", type=float, default=2e-4, help="peak learning rate")
    group.add_argument("--warmup", type=int, default=5, help="updates until the peak; then it decays to a tenth")
    group.add_argument("--rank", type=int, default=16, help="rank of the adapter")
    group.add_argument("--seed", type=int, default=0, help="random seed")
    group.add_argument("--device", default="cpu", help="cpu or cuda")
    group.add_argument("--threads", type=int, default=1, help="CPU threads")
    group.add_argument("--save-every", type=int, default=10, help="updates between checkpoints")


class Learner:
    """The model with its adapter, its optimizer, and `step`, the number of updates so far.

    It resumes from the checkpoint in the folder --output, if there is one.
    """

    def __init__(self, settings: Namespace, start: str | None = None):
        """`start` is the folder of an initial adapter; it is only used if there is no checkpoint."""
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
        """The causal language model, with the adapter in its layers."""
        return self.model.base_model.model

    @torch.no_grad()
    def begin(self, tokens: list[int]) -> Start:
        """Computes the keys and values of these tokens, which are the beginning of all chats."""
        cache = DynamicCache()
        self.causal.model(torch.tensor([tokens], device=self.settings.device), past_key_values=cache, use_cache=True)
        return [(layer.keys, layer.values) for layer in cache.layers]

    def losses(self, chat: Chat, start: Start) -> torch.Tensor:
        """Returns the cross-entropy of each token in the loss, [tokens in the loss]. The chat continues `start`."""
        ids, mask = chat
        whole = torch.tensor([ids], device=self.settings.device)
        hidden = self.causal.model(whole, past_key_values=cache_of(start), use_cache=True).last_hidden_state[0]
        # The hidden state of a token predicts the next token.
        said = torch.tensor(mask[1:], device=whole.device).nonzero()[:, 0]
        logits = self.causal.lm_head(hidden[said]).float()
        return torch.nn.functional.cross_entropy(logits, whole[0, said + 1], reduction="none")

    def update(self, line: dict[str, Any]) -> None:
        """Makes an update, logs `line` with step, learning rate and seconds, and saves every --save-every updates."""
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
        """Applies the accumulated gradients to the adapter, clipped to norm 1, and resets them."""
        for exact, parameter in zip(self._exact, self.learned, strict=True):
            exact.grad = torch.zeros_like(exact) if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, 1.0)
        self.optimizer.step()
        for exact, parameter in zip(self._exact, self.learned, strict=True):
            parameter.copy_(exact)

    def save(self) -> None:
        """Saves a checkpoint.

        Writes all files to a temporary folder, then replaces each old file atomically: the adapter first, the state
        with the step last.
        """
        part = self.output / "part"
        self.model.save_pretrained(part)
        state = {"optimizer": self.optimizer.state_dict(), "exact": self._exact, "step": self.step}
        torch.save(state, part / STATE)
        for name in ["adapter_config.json", "adapter_model.safetensors", STATE]:
            os.replace(part / name, self.output / name)
        shutil.rmtree(part)


def cache_of(start: Start, copies: int = 1) -> DynamicCache:
    """Returns a cache with the keys and values of `start` for a batch of `copies` chats."""
    cache = DynamicCache()
    for index, (keys, values) in enumerate(start):
        cache.update(keys.repeat_interleave(copies, 0), values.repeat_interleave(copies, 0), index)
    return cache


def learning_rate(step: int, settings: Namespace) -> float:
    """Returns the learning rate of an update: linear warm-up to the peak, then cosine decay to a tenth of it."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def tokenise(messages: list[dict[str, Any]], tokenizer: Any) -> Chat:
    """Returns the tokens and the loss mask of a chat, in the ChatML format that the engine writes.

    The loss covers each message whose `learn` is true, with its end mark but without its head.
    """
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
    """Returns the tokens that begin a message of this role."""
    return tokenizer.encode(f"<|im_start|>{role}\n", add_special_tokens=False)


def _adapted(base: Any, settings: Namespace, folder: str | Path | None) -> PeftModel:
    if folder is not None:
        return PeftModel.from_pretrained(base, str(folder), is_trainable=True, autocast_adapter_dtype=False)
    rank = settings.rank
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(base, config, autocast_adapter_dtype=False)
