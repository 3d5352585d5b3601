"""Prints all commands of an ablation, from the teacher's runs to the evaluation of the trained model.

The files in python/configs/ablations are the rows of the paper's ablation table. They differ in the filter, the reward
and the number of calls per turn. This command doesn't run anything, because each step takes hours and some steps run on
other machines (docs/train-an-llm.md).
"""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from .settings import Parser, read_file

Command = tuple[str, list[str]]


def main(arguments: list[str] | None = None) -> None:
    """Prints the commands in the order in which to run them."""
    settings = make_parser().read(arguments)
    for title, words in commands(settings, read_file(settings.ablation)):
        print(f"# {title}\n{shlex.join(words)}\n")


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    parser.add_argument("ablation", help="file of an ablation, such as python/configs/ablations/parallel.yaml")
    where = parser.add_argument_group("models and data")
    where.add_argument("--model", default="Qwen/Qwen3-4B", help="model to train")
    where.add_argument("--teacher", default="TEACHER", help="model whose runs to learn from")
    where.add_argument(
        "--endpoint",
        default="http://localhost:8000/v1",
        help="address that serves the teacher and later the trained model",
    )
    where.add_argument("--train", default="train.jsonl", help="training tasks")
    where.add_argument("--measure", default="validation.jsonl", help="validation tasks")
    where.add_argument("--repos", default="repos/{owner}+{name}", help="path of a repository")
    where.add_argument("--environment", default="http://127.0.0.1:7466", help="address of `fusesearch env serve`")
    where.add_argument(
        "--hardware", default="python/configs/one-gpu", help="start of the names of the SFT and GRPO configurations"
    )
    return parser


def commands(settings: Namespace, ablation: dict[str, dict[str, Any]]) -> list[Command]:
    """Returns a title and the words of each command. Raises KeyError if the ablation has a key that isn't in PARTS."""
    names = {**vars(settings), "run": f"runs/{Path(settings.ablation).stem}"}
    found = {part: [word.format(**names) for word in shlex.split(line)] for part, (_, line) in PARTS.items()}
    for part, flags in ablation.items():
        found[part] += [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return [(PARTS[part][0], words) for part, words in found.items()]


# A title and a command line for each step. The names in braces are settings.
PARTS = {
    "rollout": (
        "Record the teacher's runs",
        "fusesearch rollout {train} --repos {repos} --policy llm --model {teacher} --base-url {endpoint} --jobs 32"
        " --temperature 0.8 --samples 4 --out {run}/rollouts",
    ),
    "data sft": (
        "Filter the runs and convert them to conversations",
        "fusesearch data sft {run}/rollouts --out {run}/sft.jsonl --manifest {run}/sft.json",
    ),
    "sft": (
        "Phase 1: SFT",
        "python -m fusesearch_rl.sft --config {hardware}-sft.yaml --model {model} --data {run}/sft.jsonl"
        " --output {run}/sft",
    ),
    "env serve": (
        "Start the environment, which must run during phase 2",
        "fusesearch env serve {train} --repos {repos} --log {run}/episodes.jsonl",
    ),
    "grpo": (
        "Phase 2: GRPO",
        "python -m fusesearch_rl.grpo --config {hardware}-grpo.yaml --model {run}/sft --environment {environment}"
        " --output {run}/grpo",
    ),
    "serve": (
        "Serve the trained model",
        "vllm serve {run}/grpo --served-model-name trained --max-model-len 32768 --enable-auto-tool-choice"
        " --tool-call-parser hermes --chat-template {run}/grpo/serving.jinja",
    ),
    "eval": (
        "Evaluate the trained model, with and without tools",
        "fusesearch eval {measure} --repos {repos} --policy llm,llm-no-tools --model trained --base-url {endpoint}"
        " --jobs 32 --out {run}/eval",
    ),
}


if __name__ == "__main__":
    main()
