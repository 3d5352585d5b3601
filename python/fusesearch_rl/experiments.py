"""Prints or runs the commands of a named experiment. Each experiment is sized for ten minutes on one GPU.

    python -m fusesearch_rl.experiments filter-joint --gguf model.gguf --rollouts rollouts/teacher \\
        --train train.jsonl --measure held-out.jsonl --repos 'repos/{owner}+{name}' --out runs --run

The machine must already have the GGUF file, the teacher's runs (`fusesearch rollout` against
scripts/trl/plain-teacher.mjs), the tasks and their repositories, Node with the product, and Python with its packages.
The same command continues an experiment that was stopped: it skips a phase whose result exists, and training resumes
from its checkpoint. Experiments with the same phase share its result. `--toy` makes a few updates on a CPU.
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

# The settings of an experiment: the filter of phase 1 (`min-f1`, `min-efficiency`), the reward of phase 2, the calls
# per turn (`breadth`), and whether phase 2 runs (`grpo`). EXPERIMENTS has only the settings that differ from BASE.
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
# Flags for a GPU. Phase 1 sees 2,000 conversations; phase 2 makes 12 updates of 8 groups with 8 rollouts each.
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
# The same limits apply to the training data and the evaluation (docs/llm-local.md).
RESULTS = "--max-result-tokens 400"
BUDGETS = f"--context-length 4096 {RESULTS}"
PORT = 7466
START_S = 60.0

Phase = tuple[str, list[str], Path | None]
"""A title, a command, and the file that the command creates.

A phase whose file exists is skipped. None means that the command always runs; training resumes where it stopped."""


def main(arguments: list[str] | None = None) -> None:
    """Prints the phases of an experiment, and runs each of them with --run."""
    settings = make_parser().read(arguments)
    for title, words, made in phases(settings):
        print(f"# {title}\n{shlex.join(words)}\n", flush=True)
        if settings.run and (made is None or not made.exists()):
            run(title, words, settings)


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help="name of the experiment")
    parser.add_argument("--gguf", required=True, help="GGUF file of the model")
    parser.add_argument("--rollouts", required=True, help="folder of the teacher's runs")
    parser.add_argument("--train", required=True, help="training tasks for phase 2")
    parser.add_argument("--measure", required=True, help="tasks for the evaluation, from other repositories")
    parser.add_argument("--repos", required=True, help="path of a repository, such as DIR/{owner}+{name}")
    parser.add_argument("--cache", help="cache folder for clones and snapshots")
    parser.add_argument("--out", required=True, help="folder for models and results")
    parser.add_argument("--fusesearch", default="fusesearch", help="command that runs the product")
    parser.add_argument("--toy", action="store_true", help="make only a few updates, on a CPU")
    parser.add_argument("--run", action="store_true", help="also run the commands")
    return parser


def phases(settings: Namespace) -> list[Phase]:
    """Returns the phases of an experiment, in order."""
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
            *shlex.split(RESULTS),
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
    """Runs the command of a phase. The environment keeps running until phase 2 has ended.

    Raises CalledProcessError if the command fails, and ConnectionLost if the environment doesn't start.
    """
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
    """Waits until the server answers. Raises ConnectionLost if it doesn't within START_S seconds."""
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
