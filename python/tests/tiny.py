"""A model of Qwen3's architecture, small enough for two CPU cores, with a tokenizer trained on the spot.

Nothing of it comes from a hub: random weights, a byte-level BPE over the conversations to learn from, Qwen3's special
tokens, and the chat template of Qwen3 that TRL ships.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from trl.chat_template_utils import qwen3_chat_template

VOCABULARY = 2500
CONTEXT = 4096
# As Qwen3 has them: marks of messages are special and vanish when decoded, those of calls and thoughts stay.
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
# Pieces that merges stay within: lines, and digits one by one. Unlike Qwen's, a merge may cross words, so that prompts
# and tools, which are the same in every conversation, take some hundred tokens instead of two thousand.
PIECES = r"\p{N}|\n+|[^\n\p{N}]+"


def make_model(conversations: str | Path, folder: str | Path, seed: int = 0) -> int:
    """Writes model and tokenizer; the number of parameters."""
    tokenizer = train_tokenizer(Path(conversations))
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model.num_parameters()


def train_tokenizer(conversations: Path) -> PreTrainedTokenizerFast:
    """A byte-level BPE over the conversations as the chat template writes them."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(_texts(conversations, _with_template(bpe)), trainer)
    bpe.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    return _with_template(bpe)


def _with_template(bpe: Tokenizer) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=qwen3_chat_template,
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )


def _texts(conversations: Path, tokenizer: PreTrainedTokenizerFast):
    """What stands between the marks, which are tokens of their own."""
    marks = re.compile("|".join(map(re.escape, SPECIAL + MARKS)))
    for line in conversations.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = tokenizer.apply_chat_template(row["messages"], tools=row["tools"], tokenize=False)
        yield from marks.split(text)
