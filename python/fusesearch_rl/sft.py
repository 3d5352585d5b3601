"""Phase 1: supervised fine-tuning on the conversations of `fusesearch data sft` (TRL's SFTTrainer).

The loss is over the assistant's turns alone: tool results, the issue and the prompts are masked out. Whole
conversations or none: one that is longer than --max-length is left out and counted, for a cut one has no answer.

Dropped from the paper, and why:
- Its teacher's data (Kimi-K2, 24K runs of 6K queries): not published. `fusesearch rollout` records your own teacher.
- Its hyperparameters: not in the text at hand. Epochs, batch and learning rate here are ours.
- Thoughts: what a teacher thinks is in no trajectory, so the model learns calls without them.
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
    """Trains and writes the model."""
    settings = make_parser().read(arguments)
    set_seed(settings.seed)
    trainer = make_trainer(settings)
    print(f"{len(trainer.train_dataset)} conversations, {trained_tokens(trainer)} tokens learned from", flush=True)
    train_and_save(trainer, settings)


def train_and_save(trainer: SFTTrainer, settings: Namespace) -> None:
    """Trains, and writes the model with its tokenizer and the template to serve it with."""
    trainer.train()
    trainer.save_model(settings.output)
    if trainer.is_world_process_zero():
        write_serving_template(settings.output, trainer.processing_class)


def make_parser() -> Parser:
    """The settings; values that the paper doesn't publish are ours."""
    parser = Parser(__doc__)
    where = parser.add_argument_group("model and data")
    where.add_argument("--model", required=True, help="folder or hub name, Qwen/Qwen3-4B in the paper")
    where.add_argument("--data", required=True, help="JSON lines of `fusesearch data sft`")
    where.add_argument("--output", required=True, help="folder of the trained model")
    where.add_argument("--max-length", type=int, default=32768, help="tokens of a conversation at most (ours)")
    learning = parser.add_argument_group("learning")
    learning.add_argument("--epochs", type=float, default=3.0, help="passes over the data (ours)")
    learning.add_argument("--max-steps", type=int, default=-1, help="updates at most; -1: as the epochs say")
    learning.add_argument("--learning-rate", type=float, default=1e-5, help="peak (ours)")
    learning.add_argument("--warmup-ratio", type=float, default=0.05, help="share of steps (ours)")
    learning.add_argument("--batch-size", type=int, default=1, help="conversations of a device at once")
    learning.add_argument("--accumulate", type=int, default=16, help="batches of an update (ours)")
    learning.add_argument("--seed", type=int, default=0, help="seed of everything that is drawn")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--cpu", action="store_true", help="no GPU, float32")
    machine.add_argument("--gradient-checkpointing", action="store_true", help="less memory, more time")
    machine.add_argument("--log-every", type=int, default=1, help="updates between two log lines")
    return parser


def make_trainer(settings: Namespace) -> SFTTrainer:
    """A trainer over the conversations that fit; `train_dataset` has `input_ids` and `labels`, -100 if masked."""
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
        # Mixed precision keeps weights in float32: updates of this size vanish in bfloat16.
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
    """`input_ids` and `labels` of each line; labels are -100 outside of what the assistant says.

    Tokenised here rather than by the trainer: a table of rows would fill the gaps of differing arguments with nulls.
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
    """Tokens in the loss, of all conversations together."""
    return sum(sum(label != -100 for label in row["labels"]) for row in trainer.train_dataset)


def _those_that_fit(rows: list[dict[str, list[int]]], max_length: int) -> Dataset:
    fitting = [row for row in rows if len(row["input_ids"]) <= max_length]
    if len(fitting) < len(rows):
        print(f"left out: {len(rows) - len(fitting)} of {len(rows)} conversations are longer than {max_length} tokens")
    if not fitting:
        raise SystemExit("no conversation fits; raise --max-length")
    return Dataset.from_list(fitting)


if __name__ == "__main__":
    main()
