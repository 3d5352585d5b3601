"""SFT of a small model on two processor cores: a LoRA adapter, learned from `fusesearch data sft --format gguf`.

    python -m fusesearch_rl.sft_lora --model models/base --data sft.jsonl --output models/sft

The texts are those that the product's own process gives a GGUF model, so nothing differs between learning and use. The
loss is over the model's own replies. The same command goes on from the last checkpoint; a kill loses the steps since.
"""

from __future__ import annotations

import json
import random
from itertools import takewhile
from typing import Any

from transformers import AutoTokenizer

from .lora import Chat, Learner, add_flags, tokenise
from .settings import Parser


def make_parser() -> Parser:
    """The settings; values that the paper doesn't publish are ours."""
    parser = Parser(__doc__)
    where = parser.add_argument_group("model and data")
    where.add_argument("--model", required=True, help="folder of `gguf_file unpack`")
    where.add_argument("--data", required=True, help="JSON lines of `fusesearch data sft --format gguf`")
    where.add_argument("--output", required=True, help="folder of the adapter, its log and its checkpoint")
    where.add_argument(
        "--max-length",
        type=int,
        default=2048,
        help="tokens of a conversation; of a longer one its first turns are learned",
    )
    where.add_argument("--accumulate", type=int, default=4, help="conversations of an update")
    add_flags(parser)
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Trains until `--steps` updates were made."""
    settings = make_parser().read(arguments)
    tokenizer = AutoTokenizer.from_pretrained(settings.model)
    chats, begin = read_conversations(settings.data, tokenizer, settings.max_length)
    learned = sum(sum(mask) for _, mask in chats)
    print(f"{len(chats)} conversations, {learned} tokens learned from, {len(begin)} tokens begin all", flush=True)
    learner = Learner(settings)
    while learner.step < settings.steps:
        drawn = [chats[index] for index in drawn_at(learner.step, len(chats), settings)]
        tokens = sum(sum(mask) for _, mask in drawn)
        start = learner.begin(begin)
        total = 0.0
        for chat in drawn:
            loss = learner.losses(chat, start).sum() / tokens
            loss.backward()
            total += loss.item()
        learner.update({"loss": round(total, 4), "tokens": tokens})


def drawn_at(step: int, size: int, settings: Any) -> list[int]:
    """The conversations of an update: each once in an epoch, in an order by seed and epoch."""
    count = settings.accumulate
    places = range(step * count, (step + 1) * count)
    return [_shuffled(size, settings.seed, place // size)[place % size] for place in places]


def read_conversations(path: str, tokenizer: Any, max_length: int) -> tuple[list[Chat], list[int]]:
    """Conversations without the beginning that all share, and that beginning.

    Of a conversation that is too long, the turns that fit are learned; without one it is left out.
    """
    with open(path, encoding="utf-8") as lines:
        rows = [tokenise(json.loads(line)["messages"], tokenizer) for line in lines]
    fitting = [chat for chat in (beginning(row, max_length) for row in rows) if any(chat[1])]
    if not fitting:
        raise SystemExit("no conversation fits; raise --max-length")
    whole = sum(len(ids) <= max_length for ids, _ in rows)
    print(
        f"{len(rows)} conversations: {whole} whole, {len(fitting) - whole} in part, {len(rows) - len(fitting)} left out"
    )
    columns = zip(*(ids for ids, _ in fitting), strict=False)
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    shared = min([shared, *(mask.index(True) - 1 for _, mask in fitting)])
    return [(ids[shared:], mask[shared:]) for ids, mask in fitting], fitting[0][0][:shared]


def beginning(chat: Chat, max_length: int) -> Chat:
    """The chat up to the end of its last reply within the length; nothing of one without such a reply."""
    ids, mask = chat
    ends = [at for at in range(len(mask)) if mask[at] and not any(mask[at + 1 : at + 2])]
    end = max((at + 1 for at in ends if at < max_length), default=0)
    return ids[:end], mask[:end]


def _shuffled(size: int, seed: int, epoch: int) -> list[int]:
    order = list(range(size))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order


if __name__ == "__main__":
    main()
