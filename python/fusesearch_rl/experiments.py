"""Named experiments that each fit into ten minutes of one GPU: prints the commands, or runs them one after another.

    python -m fusesearch_rl.experiments filter-joint --gguf model.gguf --rollouts rollouts/teacher \\
        --train train.jsonl --measure held-out.jsonl --repos 'repos/{owner}+{name}' --out runs --run

Everything lies on the machine already: the model's file, the teacher's runs (`fusesearch rollout` against
scripts/trl/plain-teacher.mjs), the tasks and their repositories, Node with the product, Python with its packages. The
phases keep what is there, so an experiment that was stopped goes on with the same command, and experiments that share
a phase share its folder. `--toy` makes a few steps of each, for a processor.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

from .client import ConnectionLost, fetch
from .settings import Parser

# What differs between experiments, each against the first: the filter of phase 1, the reward of phase 2, the breadth.
BASE = {"min-f1": "0.5", "min-efficiency": "0.5", "reward": "f1+f1e", "breadth": "adaptive", "grpo": True}
EXPERIMENTS = {
    "sft": {"grpo": False},
    "grpo": {},
    "filter-none": {"min-f1": "0", "min-efficiency": "0", "grpo": False},
    "filter-f1": {"min-efficiency": "0", "grpo": False},
    "filter-e": {"min-f1": "0", "grpo": False},
    "filter-joint": {"grpo": False},
    "reward-f1": {"reward": "f1"},
    "reward-f1-plus-e": {"reward": "f1+e"},
    "reward-f1-times-e": {},
    "sequential": {"breadth": "1"},
    "parallel": {},
}
# Flags of the two phases on a GPU: 2,000 conversations once, and as many updates of 8 groups of 8 as fit the time.
GPU = {
    "sft": "--device cuda --steps 125 --accumulate 16 --threads 8 --save-every 25",
    "grpo": "--device cuda --steps 12 --tasks 8 --group-size 8 --max-length 16384 --learning-rate 5e-5 --threads 8"
    " --save-every 4",
    "eval": "--jobs 4",
}
TOY = {
    "sft": "--steps 2 --accumulate 1 --warmup 1 --save-every 1 --max-length 1900",
    "grpo": "--steps 2 --tasks 1 --group-size 2 --warmup 1 --save-every 1 --max-reply-tokens 48",
    "eval": "--limit 1",
}
# As the model is taught and served: docs/local-models.md.
BUDGETS = "--context-length 4096 --max-result-tokens 400"
PORT = 7466
START_S = 60.0

Phase = tuple[str, list[str], Path | None]
"""A title, a command, and the file that is there once it is done; None for a command that sees that itself."""


def main(arguments: list[str] | None = None) -> None:
    """Prints or runs an experiment's phases."""
    settings = make_parser().read(arguments)
    for title, words, made in phases(settings):
        print(f"# {title}\n{shlex.join(words)}\n", flush=True)
        if settings.run and (made is None or not made.exists()):
            run(title, words, settings)


def make_parser() -> Parser:
    """Where everything is."""
    parser = Parser(__doc__)
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help="which one")
    parser.add_argument("--gguf", required=True, help="the model's file")
    parser.add_argument("--rollouts", required=True, help="the teacher's runs")
    parser.add_argument("--train", required=True, help="tasks of phase 2")
    parser.add_argument("--measure", required=True, help="tasks of other repositories")
    parser.add_argument("--repos", required=True, help="where repositories are: DIR/{owner}+{name}")
    parser.add_argument("--cache", help="folder of clones and snapshots")
    parser.add_argument("--out", required=True, help="folder of models and results")
    parser.add_argument("--fusesearch", default="fusesearch", help="the command")
    parser.add_argument("--toy", action="store_true", help="a few steps on a processor")
    parser.add_argument("--run", action="store_true", help="run the commands instead of printing them only")
    return parser


def phases(settings: Namespace) -> list[Phase]:
    """The commands of an experiment, in order."""
    chosen = {**BASE, **EXPERIMENTS[settings.experiment]}
    flags = TOY if settings.toy else GPU
    out = Path(settings.out)
    base = out / "base"
    data = out / f"data-{chosen['min-f1']}-{chosen['min-efficiency']}-{chosen['breadth']}.jsonl"
    sft = out / data.stem.replace("data", "sft")
    trained = out / settings.experiment if chosen["grpo"] else sft
    product = shlex.split(settings.fusesearch)
    cache = ["--cache", settings.cache] if settings.cache else []
    breadth = ["--breadth", chosen["breadth"]]

    def python(module: str, *words: object) -> list[str]:
        return [sys.executable, "-m", f"fusesearch_rl.{module}", *map(str, words)]

    filters = ["--min-f1", chosen["min-f1"], "--min-efficiency", chosen["min-efficiency"], *breadth]
    to_data = ["--format", "gguf", *shlex.split(BUDGETS), "--out", str(data), "--manifest", f"{data}.json"]
    found: list[Phase] = [
        ("Unpack", python("gguf_file", "unpack", settings.gguf, base), base / "tokenizer.json"),
        ("Conversations", [*product, "data", "sft", settings.rollouts, *filters, *to_data], data),
        (
            "Phase 1",
            python("sft_lora", "--model", base, "--data", data, "--output", sft, *shlex.split(flags["sft"])),
            None,
        ),
    ]
    if chosen["grpo"]:
        serve = [
            "--reward",
            chosen["reward"],
            *breadth,
            "--max-turns",
            "4",
            "--max-sessions",
            "64",
            "--port",
            str(PORT),
        ]
        address = f"http://127.0.0.1:{PORT}"
        found += [
            (
                "Environment",
                [*product, "env", "serve", settings.train, "--repos", settings.repos, *cache, *serve],
                None,
            ),
            (
                "Phase 2",
                python(
                    "grpo_lora",
                    "--model",
                    base,
                    "--start",
                    sft,
                    "--environment",
                    address,
                    "--output",
                    trained,
                    *shlex.split(flags["grpo"]),
                ),
                None,
            ),
        ]
    file = out / f"{settings.experiment}.gguf"
    policies = ["--policy", "llm,embedded", "--model", str(file), *breadth, "--max-turns", "4", "--temperature", "0"]
    measured = out / f"eval-{settings.experiment}"
    return [
        *found,
        ("Pack", python("gguf_file", "pack", settings.gguf, base, file, "--adapter", trained), file),
        (
            "Measure",
            [
                *product,
                "eval",
                settings.measure,
                "--repos",
                settings.repos,
                *cache,
                *policies,
                *shlex.split(BUDGETS),
                *shlex.split(flags["eval"]),
                "--out",
                str(measured),
            ],
            measured / "summary.json",
        ),
    ]


_server: list[subprocess.Popen[bytes]] = []


def run(title: str, words: list[str], settings: Namespace) -> None:
    """Runs a command to its end; the environment until phase 2 has ended."""
    begin = time.monotonic()
    if title == "Environment":
        _server.append(subprocess.Popen(words))
        wait_for(f"http://127.0.0.1:{PORT}")
        return
    try:
        subprocess.run(words, check=True)
    finally:
        if title == "Phase 2":
            _server.pop().terminate()
    print(f"# {title}: {time.monotonic() - begin:.0f} s\n", flush=True)


def wait_for(address: str) -> None:
    """Returns once the server answers. Raises ConnectionLost when it doesn't."""
    until = time.monotonic() + START_S
    while True:
        try:
            fetch(address, "/health")
            return
        except ConnectionLost:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
