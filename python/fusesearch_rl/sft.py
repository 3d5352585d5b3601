"""Phase 1: supervised fine-tuning on the conversations of `fusesearch data sft` (TRL's SFTTrainer).

Only the assistant's turns are in the loss; prompts, issue and tool results are masked out. A conversation that is
longer than --max-length is skipped and counted instead of cut, because its answer is at its end.

Differences from the paper:
- The data of its teacher isn't published (Kimi-K2, 24K runs of 6K queries). `fusesearch rollout` records a teacher of
  your choice.
- We don't know its hyperparameters. "(ours)" marks the values that we chose.
- Trajectories don't contain a teacher's thoughts, so the model learns to call tools without thinking.
"""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer, set_seed
from trl import SFTConfig, SFTTrainer

from .chat import NO_THINKING, training_template, write_serving_template
from .settings import Parser


def main(arguments: list[str] | None = None) -> None:
    """Runs SFT with the settings of the command line and writes the model to --output."""
    settings = make_parser().read(arguments)
    set_seed(settings.seed)
    trainer = make_trainer(settings)
    print(f"{len(trainer.train_dataset)} conversations, {trained_tokens(trainer)} tokens in the loss", flush=True)
    train_and_save(trainer, settings)


def train_and_save(trainer: SFTTrainer, settings: Namespace) -> None:
    """Trains, then writes the model, its tokenizer and its serving template to --output."""
    trainer.train()
    trainer.save_model(settings.output)
    if trainer.is_world_process_zero():
        write_serving_template(settings.output, trainer.processing_class)


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    where = parser.add_argument_group("model and data")
    where.add_argument("--model", required=True, help="folder or hub name; the paper uses Qwen/Qwen3-4B")
    where.add_argument("--data", required=True, help="JSON lines from `fusesearch data sft`")
    where.add_argument("--output", required=True, help="folder for the trained model")
    where.add_argument("--max-length", type=int, default=32768, help="maximum tokens of a conversation (ours)")
    learning = parser.add_argument_group("learning")
    learning.add_argument("--epochs", type=float, default=3.0, help="passes over the data (ours)")
    learning.add_argument(
        "--max-steps", type=int, default=-1, help="maximum number of updates; -1: no limit but --epochs"
    )
    learning.add_argument("--learning-rate", type=float, default=1e-5, help="peak learning rate (ours)")
    learning.add_argument("--warmup-ratio", type=float, default=0.05, help="share of the updates for warm-up (ours)")
    learning.add_argument("--batch-size", type=int, default=1, help="conversations per device in a batch")
    learning.add_argument("--accumulate", type=int, default=16, help="batches per update (ours)")
    learning.add_argument("--seed", type=int, default=0, help="random seed")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--cpu", action="store_true", help="train on the CPU, in float32")
    machine.add_argument("--gradient-checkpointing", action="store_true", help="use less memory and more time")
    machine.add_argument("--log-every", type=int, default=1, help="updates between log lines")
    return parser


def make_trainer(settings: Namespace) -> SFTTrainer:
    """Returns a trainer over the conversations of at most --max-length tokens.

    Each row of its `train_dataset` has `input_ids` and `labels` (-100: masked). Raises SystemExit if none fits.
    """
    config = SFTConfig(
        output_dir=settings.output,
        max_length=None,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup_ratio,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        gradient_checkpointing=settings.gradient_checkpointing,
        seed=settings.seed,
        use_cpu=settings.cpu,
        bf16=not settings.cpu,
        logging_steps=settings.log_every,
        save_strategy="no",
        report_to="none",
        # Keep the weights in float32 (mixed precision): bfloat16 would round updates of this size away.
        model_init_kwargs={"dtype": "float32"},
    )
    tokenizer = AutoTokenizer.from_pretrained(settings.model)
    rows = read_conversations(settings.data, tokenizer)
    return SFTTrainer(
        model=settings.model,
        args=config,
        train_dataset=_those_that_fit(rows, settings.max_length),
        processing_class=tokenizer,
    )


def read_conversations(path: str, tokenizer: Any) -> list[dict[str, list[int]]]:
    """Returns `input_ids` and `labels` of each line; labels are -100 for every token that isn't the assistant's.

    The trainer can't tokenise the lines itself: as a table, calls with different arguments would get nulls for the
    arguments that they lack.
    """
    with open(path, encoding="utf-8") as lines:
        return [_tokenise(json.loads(line), tokenizer) for line in lines]


def _tokenise(row: dict[str, Any], tokenizer: Any) -> dict[str, list[int]]:
    tokenised = tokenizer.apply_chat_template(
        row["messages"],
        tools=row["tools"],
        chat_template=training_template(tokenizer),
        return_assistant_tokens_mask=True,
        return_dict=True,
        **NO_THINKING,
    )
    ids, mask = tokenised["input_ids"], tokenised["assistant_masks"]
    return {"input_ids": ids, "labels": [token if said else -100 for token, said in zip(ids, mask, strict=True)]}


def trained_tokens(trainer: SFTTrainer) -> int:
    """Returns the number of tokens in the loss over all conversations."""
    return sum(sum(label != -100 for label in row["labels"]) for row in trainer.train_dataset)


def _those_that_fit(rows: list[dict[str, list[int]]], max_length: int) -> Dataset:
    fitting = [row for row in rows if len(row["input_ids"]) <= max_length]
    if len(fitting) < len(rows):
        print(
            f"skipped {len(rows) - len(fitting)} of {len(rows)} conversations, which have more than {max_length} tokens"
        )
    if not fitting:
        raise SystemExit(f"no conversation fits into {max_length} tokens; raise --max-length")
    return Dataset.from_list(fitting)


if __name__ == "__main__":
    main()
