"""Trains a tiny model with GRPO and writes the mean reward of each step. Exits with 1 if the reward doesn't rise.

The teacher searches in four ways, two of them bad. SFT without a filter imitates all four equally, and GRPO must learn
from the reward R which of them are good. The seeds are fixed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import tiny
from support import DATA, Server, report

from fusesearch_rl import grpo, sft
from fusesearch_rl.client import fetch
from fusesearch_rl.environment import Environments

SFT_STEPS = 120
GRPO_STEPS = 40
ROLLOUTS = 32
# The first and the last WINDOW steps are compared by their mean reward.
WINDOW = 5
# The highest R (F1 = e = 1): alpha + gamma.
MOST = 2.0


def main() -> None:
    """Runs both phases and reports the rewards."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tiny.make_model(DATA / "unfiltered.jsonl", folder / "random")
        fine_tune(folder)
        rewards = reinforce(folder)
    first, last = mean(rewards[:WINDOW]), mean(rewards[-WINDOW:])
    title = f"mean R of {ROLLOUTS} rollouts; first {WINDOW} steps {first:.2f}, last {WINDOW} steps {last:.2f}"
    Path(sys.argv[1]).write_text(json.dumps({"rewards": rewards, "most": MOST, "title": title}))
    report(title)
    report(" ".join(f"{reward:.2f}" for reward in rewards))
    sys.exit(0 if last > first else 1)


def fine_tune(folder: Path) -> None:
    """Runs phase 1 on every run of the teacher."""
    begin = time.monotonic()
    words = ["--model", folder / "random", "--data", DATA / "unfiltered.jsonl", "--output", folder / "sft", "--cpu"]
    words += ["--max-steps", SFT_STEPS, "--batch-size", 8, "--accumulate", 1, "--learning-rate", 4e-3]
    sft.main([str(word) for word in words])
    report(f"SFT: {SFT_STEPS} steps in {time.monotonic() - begin:.0f} s")


def reinforce(folder: Path) -> list[float]:
    """Runs phase 2 and returns the mean reward of each step."""
    server = Server(folder, sessions=ROLLOUTS)
    words = ["--model", folder / "sft", "--environment", server.url, "--output", folder / "grpo", "--cpu"]
    words += ["--steps", GRPO_STEPS, "--group-size", 8, "--batch-size", ROLLOUTS, "--accumulate", 1]
    words += ["--learning-rate", 2e-4, "--warmup-steps", 0, "--max-tokens", 1500]
    settings = grpo.make_parser().read([str(word) for word in words])
    prompts = fetch(server.url, "/prompts")
    environments = Environments(server.url, prompts)
    begin = time.monotonic()
    try:
        trainer = grpo.make_trainer(settings, prompts, environments)
        trainer.train()
    finally:
        environments.close()
        server.stop()
    episodes = server.episodes()
    report(f"GRPO: {GRPO_STEPS} steps of {ROLLOUTS} rollouts in {time.monotonic() - begin:.0f} s")
    for name, some in (("first", episodes[:ROLLOUTS]), ("last", episodes[-ROLLOUTS:])):
        report(f"{name} {len(some)} finished episodes: F1 {part(some, 'f1'):.2f}, e {part(some, 'e'):.2f}")
    return [line["reward"] for line in trainer.state.log_history if "reward" in line]


def part(episodes: list[dict], name: str) -> float:
    """Returns the mean of a part of the reward; a missing part counts as 0."""
    return mean([episode["reward_parts"][name] or 0.0 for episode in episodes])


def mean(numbers: list[float]) -> float:
    """Returns the mean. Raises ZeroDivisionError if there are no numbers."""
    return sum(numbers) / len(numbers)


if __name__ == "__main__":
    main()
