"""Phase 2: GRPO against `fusesearch env serve`, from the model of phase 1 (TRL's GRPOTrainer).

The server computes the reward R = alpha*F1 + gamma*F1*e with the evaluation's own score. Set the reward and the
limits of an episode there: `env serve --reward`, `--alpha`, `--gamma`, `--file-share`, `--max-turns`, `--max-breadth`
and `--breadth`. This command reads them from the server and prints them.

As in the paper, GRPO starts from the SFT model, the reward is R, a turn has parallel calls that run as one step, and
the answer is the last turn. Differences:
- We don't know the paper's alpha, gamma, group size, KL weight, learning rate and clip. "(ours)" marks the values that
  we chose.
- There is no reward for the format. A rollout that stops before its episode ends has reward 0, which is enough after
  SFT.
- Text after the answer is neither generated nor trained on, because serving never requests any.
"""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer, set_seed
from trl import GRPOConfig

from .chat import NO_THINKING, write_serving_template
from .client import fetch
from .environment import Environments
from .settings import Parser
from .trainer import EpisodeTrainer

# After the last turn, the server accepts this many replies without an answer (docs/environment.md).
SPARE_REPLIES = 2


def main(arguments: list[str] | None = None) -> None:
    """Runs GRPO against a running server and writes the model to --output."""
    settings = make_parser().read(arguments)
    set_seed(settings.seed)
    token = os.environ.get("FUSESEARCH_TOKEN")
    prompts = fetch(settings.environment, "/prompts", token=token)
    print(f"reward {prompts['reward']}, {prompts['max_turns']} turns of {prompts['max_breadth']} calls", flush=True)
    environments = Environments(settings.environment, prompts, token)
    try:
        trainer = make_trainer(settings, prompts, environments)
        trainer.train(resume_from_checkpoint=settings.resume)
        trainer.save_model(settings.output)
        if trainer.is_world_process_zero():
            write_serving_template(settings.output, trainer.processing_class)
    finally:
        environments.close()


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    where = parser.add_argument_group("model and environment")
    where.add_argument("--model", required=True, help="folder of the SFT model")
    where.add_argument("--environment", required=True, help="address of `fusesearch env serve`")
    where.add_argument("--split", default="train", help="split of the server's tasks to train on")
    where.add_argument("--output", required=True, help="folder for the trained model")
    rollouts = parser.add_argument_group("rollouts")
    rollouts.add_argument("--group-size", type=int, default=8, help="rollouts per task, G (ours)")
    rollouts.add_argument("--batch-size", type=int, default=8, help="rollouts per device in a forward pass")
    rollouts.add_argument("--accumulate", type=int, default=8, help="batches per update (ours)")
    rollouts.add_argument("--temperature", type=float, default=1.0, help="sampling temperature (ours)")
    rollouts.add_argument(
        "--max-tokens", type=int, default=24576, help="maximum tokens of a rollout, including tool results (ours)"
    )
    learning = parser.add_argument_group("learning")
    learning.add_argument("--steps", type=int, default=-1, help="maximum number of updates; -1: no limit but --epochs")
    learning.add_argument("--epochs", type=float, default=1.0, help="passes over the tasks (ours)")
    learning.add_argument("--learning-rate", type=float, default=1e-6, help="peak learning rate (ours)")
    learning.add_argument("--schedule", default="constant_with_warmup", help="learning-rate schedule (ours)")
    learning.add_argument("--warmup-steps", type=int, default=10, help="updates for warm-up (ours)")
    learning.add_argument("--kl", type=float, default=0.0, help="weight of the KL to the SFT model, beta (ours)")
    learning.add_argument(
        "--clip", type=float, default=0.2, help="clip range of the probability ratio, epsilon (from GRPO)"
    )
    learning.add_argument("--loss", default="grpo", help="TRL's loss_type: grpo (the paper's), dapo, dr_grpo, …")
    learning.add_argument("--seed", type=int, default=0, help="random seed")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--cpu", action="store_true", help="train on the CPU, in float32")
    machine.add_argument(
        "--vllm", choices=["none", "colocate", "server"], default="none", help="whether and where vLLM runs"
    )
    machine.add_argument("--vllm-memory", type=float, default=0.3, help="share of a GPU's memory for vLLM (colocate)")
    machine.add_argument("--vllm-url", default="http://localhost:8000", help="address of `trl vllm-serve` (server)")
    machine.add_argument("--context", type=int, default=32768, help="vLLM's maximum tokens of prompt and rollout")
    machine.add_argument("--gradient-checkpointing", action="store_true", help="use less memory and more time")
    machine.add_argument(
        "--save-every", type=int, default=0, help="updates between checkpoints; 0: save at the end only"
    )
    machine.add_argument("--resume", metavar="FOLDER", help="checkpoint to resume from")
    return parser


def make_trainer(
    settings: Namespace, prompts: dict[str, Any], environments: Environments, **options: Any
) -> EpisodeTrainer:
    """Returns a trainer over all tasks of the split. `options`, such as `callbacks`, go to GRPOTrainer."""
    return EpisodeTrainer(
        environments=environments,
        tools=prompts["tools"],
        model=settings.model,
        args=_config(settings, prompts),
        train_dataset=read_tasks(settings, prompts["system"]),
        processing_class=AutoTokenizer.from_pretrained(settings.model),
        **options,
    )


def read_tasks(settings: Namespace, system: str) -> Dataset:
    """Returns a row per task: split, index, and the prompt, whose user message the episode's reset fills in."""
    token = os.environ.get("FUSESEARCH_TOKEN")
    count = fetch(settings.environment, "/fusesearch/num_tasks", {"split": settings.split}, token)["num_tasks"]
    prompt = [{"role": "system", "content": system}, {"role": "user", "content": ""}]
    return Dataset.from_list([{"prompt": prompt, "split": settings.split, "index": index} for index in range(count)])


def _config(settings: Namespace, prompts: dict[str, Any]) -> GRPOConfig:
    return GRPOConfig(
        output_dir=settings.output,
        num_generations=settings.group_size,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        temperature=settings.temperature,
        max_completion_length=settings.max_tokens,
        max_tool_calling_iterations=prompts["max_turns"] + SPARE_REPLIES,
        max_steps=settings.steps,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup_steps,
        beta=settings.kl,
        epsilon=settings.clip,
        loss_type=settings.loss,
        seed=settings.seed,
        use_cpu=settings.cpu,
        bf16=not settings.cpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        chat_template_kwargs=NO_THINKING,
        logging_steps=1,
        save_strategy="steps" if settings.save_every > 0 else "no",
        save_steps=settings.save_every or 500,
        report_to="none",
        # Keep the weights in float32 (mixed precision): bfloat16 would round updates of this size away.
        model_init_kwargs={"dtype": "float32"},
        **_generation(settings),
    )


def _generation(settings: Namespace) -> dict[str, Any]:
    if settings.vllm == "none":
        return {"use_vllm": False}
    return {
        "use_vllm": True,
        "vllm_mode": settings.vllm,
        "vllm_server_base_url": settings.vllm_url if settings.vllm == "server" else None,
        "vllm_gpu_memory_utilization": settings.vllm_memory,
        "vllm_max_model_length": settings.context,
    }


if __name__ == "__main__":
    main()
