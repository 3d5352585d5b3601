"""Phase 2: GRPO against `fusesearch env serve`, from the model of phase 1 (TRL's GRPOTrainer).

R = alpha*F1 + gamma*F1*e comes from the server, the evaluation's own score of the answer: `env serve --reward`,
`--alpha`, `--gamma`, `--file-share`. So does what an episode is: `--max-turns`, `--max-breadth`, `--breadth`. This
command reads both from the server and prints them.

From the paper: GRPO from the SFT policy, R, parallel calls, one fused step a turn, the answer as the last turn.
Dropped or ours, and why:
- alpha, gamma, group size, KL, learning rate, clip: not in the text at hand; the defaults are ours.
- A reward for form: none; a rollout without an answer has 0, which is form enough once SFT has taught the form.
- What a model writes after its answer: not generated and not trained on, for serving never asks for it.
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

# Replies beyond its turns that the server gives a model which doesn't answer (docs/llm.md).
SPARE_REPLIES = 2


def main(arguments: list[str] | None = None) -> None:
    """Trains against a running server and writes the model."""
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
    """The settings; values that the paper doesn't publish are ours."""
    parser = Parser(__doc__)
    where = parser.add_argument_group("model and environment")
    where.add_argument("--model", required=True, help="folder of phase 1's model")
    where.add_argument("--environment", required=True, help="address of `fusesearch env serve`")
    where.add_argument("--split", default="train", help="split of the server that is played")
    where.add_argument("--output", required=True, help="folder of the trained model")
    rollouts = parser.add_argument_group("rollouts")
    rollouts.add_argument("--group-size", type=int, default=8, help="rollouts of a task, G (ours)")
    rollouts.add_argument("--batch-size", type=int, default=8, help="rollouts of a device in a forward pass")
    rollouts.add_argument("--accumulate", type=int, default=8, help="batches of an update (ours)")
    rollouts.add_argument("--temperature", type=float, default=1.0, help="of the sampling (ours)")
    rollouts.add_argument("--max-tokens", type=int, default=24576, help="of a rollout, tool results included (ours)")
    learning = parser.add_argument_group("learning")
    learning.add_argument("--steps", type=int, default=-1, help="updates at most; -1: as the epochs say")
    learning.add_argument("--epochs", type=float, default=1.0, help="passes over the tasks (ours)")
    learning.add_argument("--learning-rate", type=float, default=1e-6, help="peak (ours)")
    learning.add_argument("--schedule", default="constant_with_warmup", help="of the learning rate (ours)")
    learning.add_argument("--warmup-steps", type=int, default=10, help="updates (ours)")
    learning.add_argument("--kl", type=float, default=0.0, help="weight of the KL to phase 1's model, beta (ours)")
    learning.add_argument("--clip", type=float, default=0.2, help="of the probability ratio, epsilon (GRPO's own)")
    learning.add_argument("--loss", default="grpo", help="TRL's loss_type: grpo as in the paper; dapo, dr_grpo, …")
    learning.add_argument("--seed", type=int, default=0, help="seed of everything that is drawn")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--cpu", action="store_true", help="no GPU, float32")
    machine.add_argument("--vllm", choices=["none", "colocate", "server"], default="none", help="who generates")
    machine.add_argument("--vllm-memory", type=float, default=0.3, help="share of a GPU for vLLM beside the training")
    machine.add_argument("--vllm-url", default="http://localhost:8000", help="of `trl vllm-serve`, for server")
    machine.add_argument("--context", type=int, default=32768, help="tokens of prompt and rollout that vLLM holds")
    machine.add_argument("--gradient-checkpointing", action="store_true", help="less memory, more time")
    machine.add_argument("--save-every", type=int, default=0, help="updates between checkpoints; 0: at the end only")
    machine.add_argument("--resume", metavar="FOLDER", help="checkpoint of an earlier run to go on from")
    return parser


def make_trainer(
    settings: Namespace, prompts: dict[str, Any], environments: Environments, **options: Any
) -> EpisodeTrainer:
    """A trainer over all tasks of the split; `options` go to it as they are (callbacks)."""
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
    """A row for each task of the split: its place, and the prompt that the episode's reset completes."""
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
        # Mixed precision keeps weights in float32: updates of this size vanish in bfloat16.
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
