"""Prints the commands of a run from teacher to measured model, for one of python/configs/ablations.

The configurations are the rows of the paper's ablation: what is filtered, what is rewarded, how many calls a turn. The
commands are printed and not run, for each takes hours and some run on other machines: docs/train-an-llm.md.
"""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from .settings import Parser, read_file

Command = tuple[str, list[str]]


def main(arguments: list[str] | None = None) -> None:
    """Prints the commands, one below the other."""
    settings = make_parser().read(arguments)
    for title, words in commands(settings, read_file(settings.ablation)):
        print(f"# {title}\n{shlex.join(words)}\n")


def make_parser() -> Parser:
    """Where everything is."""
    parser = Parser(__doc__)
    parser.add_argument("ablation", help="such as python/configs/ablations/parallel.yaml")
    where = parser.add_argument_group("models and data")
    where.add_argument("--model", default="Qwen/Qwen3-4B", help="that is trained")
    where.add_argument("--teacher", default="TEACHER", help="whose runs are learned from")
    where.add_argument("--endpoint", default="http://localhost:8000/v1", help="of the teacher, and of the result")
    where.add_argument("--train", default="train.jsonl", help="tasks to learn from")
    where.add_argument("--measure", default="validation.jsonl", help="tasks to measure on")
    where.add_argument("--repos", default="repos/{owner}+{name}", help="their repositories")
    where.add_argument("--environment", default="http://127.0.0.1:7466", help="address of the environment")
    where.add_argument("--hardware", default="python/configs/one-gpu", help="beginning of the names of two files")
    return parser


def commands(settings: Namespace, ablation: dict[str, dict[str, Any]]) -> list[Command]:
    """A title and the words of each command. Raises KeyError for a part that no command has."""
    names = {**vars(settings), "run": f"runs/{Path(settings.ablation).stem}"}
    found = {part: [word.format(**names) for word in shlex.split(line)] for part, (_, line) in PARTS.items()}
    for part, flags in ablation.items():
        found[part] += [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return [(PARTS[part][0], words) for part, words in found.items()]


# A title and a command line for each part; names in braces are settings.
PARTS = {
    "rollout": (
        "Runs of a teacher",
        "fusesearch rollout {train} --repos {repos} --policy llm --model {teacher} --base-url {endpoint} --jobs 32"
        " --temperature 0.8 --samples 4 --out {run}/rollouts",
    ),
    "data sft": (
        "Filter, and conversations",
        "fusesearch data sft {run}/rollouts --out {run}/sft.jsonl --manifest {run}/sft.json",
    ),
    "sft": (
        "Phase 1",
        "python -m fusesearch_rl.sft --config {hardware}-sft.yaml --model {model} --data {run}/sft.jsonl"
        " --output {run}/sft",
    ),
    "env serve": (
        "The environment, beside phase 2",
        "fusesearch env serve {train} --repos {repos} --log {run}/episodes.jsonl",
    ),
    "grpo": (
        "Phase 2",
        "python -m fusesearch_rl.grpo --config {hardware}-grpo.yaml --model {run}/sft --environment {environment}"
        " --output {run}/grpo",
    ),
    "serve": (
        "Serve the result",
        "vllm serve {run}/grpo --served-model-name trained --max-model-len 32768 --enable-auto-tool-choice"
        " --tool-call-parser hermes --chat-template {run}/grpo/serving.jinja",
    ),
    "eval": (
        "Measure it, and what it has by heart",
        "fusesearch eval {measure} --repos {repos} --policy llm,llm-no-tools --model trained --base-url {endpoint}"
        " --jobs 32 --out {run}/eval",
    ),
}


if __name__ == "__main__":
    main()
