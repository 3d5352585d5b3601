"""SFT of a small model with LoRA, affordable on two CPU cores. The data is from `fusesearch data sft --format gguf`.

    python -m fusesearch_rl.sft_lora --model models/base --data sft.jsonl --output models/sft

The conversations have exactly the text that a GGUF model sees when the product runs it. Only the model's replies are in
the loss. The same command resumes from the last checkpoint; a killed run loses the updates since then.
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
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    add_flags(parser)
    data = parser.add_argument_group("data")
    data.add_argument("--data", required=True, help="JSON lines from `fusesearch data sft --format gguf`")
    data.add_argument(
        "--max-length",
        type=int,
        default=2048,
        help="maximum tokens of a conversation; longer ones are shortened",
    )
    data.add_argument("--accumulate", type=int, default=4, help="conversations per update")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Trains until --steps updates are done, counting those before a resume."""
    settings = make_parser().read(arguments)
    tokenizer = AutoTokenizer.from_pretrained(settings.model)
    chats, begin = read_conversations(settings.data, tokenizer, settings.max_length)
    learned = sum(sum(mask) for _, mask in chats)
    print(
        f"{len(chats)} conversations, {learned} tokens in the loss, {len(begin)} tokens in the shared beginning",
        flush=True,
    )
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
    """Returns the indices of an update's conversations.

    An epoch has each of the `size` conversations once, in an order that depends on the seed and the epoch.
    """
    count = settings.accumulate
    places = range(step * count, (step + 1) * count)
    return [_shuffled(size, settings.seed, place // size)[place % size] for place in places]


def read_conversations(path: str, tokenizer: Any, max_length: int) -> tuple[list[Chat], list[int]]:
    """Reads the conversations; returns them without their shared beginning, and the tokens of that beginning.

    A conversation of more than `max_length` tokens keeps the turns that fit, and is skipped if none does. Raises
    SystemExit if no conversation fits.
    """
    with open(path, encoding="utf-8") as lines:
        rows = [tokenise(json.loads(line)["messages"], tokenizer) for line in lines]
    fitting = [chat for chat in (beginning(row, max_length) for row in rows) if any(chat[1])]
    if not fitting:
        raise SystemExit(f"no reply fits into {max_length} tokens; raise --max-length")
    whole = sum(len(ids) <= max_length for ids, _ in rows)
    cut, skipped = len(fitting) - whole, len(rows) - len(fitting)
    print(f"{len(rows)} conversations: {whole} whole, {cut} shortened, {skipped} skipped")
    columns = zip(*(ids for ids, _ in fitting), strict=False)
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    shared = min([shared, *(mask.index(True) - 1 for _, mask in fitting)])
    return [(ids[shared:], mask[shared:]) for ids, mask in fitting], fitting[0][0][:shared]


def beginning(chat: Chat, max_length: int) -> Chat:
    """Cuts a chat after the last reply that fits into `max_length` tokens. Returns an empty chat if none fits."""
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
