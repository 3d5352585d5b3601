"""Makes a model of Qwen3's architecture that is small enough for two CPU cores.

It needs nothing from a model hub: the weights are random, the tokenizer is a byte-level BPE trained on the training
conversations with Qwen3's special tokens, and the chat template is the copy of Qwen3's in TRL.
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
# As in Qwen3: the marks of messages are special tokens, which decoding can skip; those of calls and thoughts are not.
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
# Merges stay within these pieces: a line, or a single digit. Unlike in Qwen's tokenizer a merge may cross words, so the
# prompts and tools, which are the same in every conversation, have a few hundred tokens instead of two thousand.
PIECES = r"\p{N}|\n+|[^\n\p{N}]+"


def make_model(conversations: str | Path, folder: str | Path, seed: int = 0) -> int:
    """Writes the model and its tokenizer to `folder` and returns the number of parameters."""
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
    """Trains a byte-level BPE on the conversations, formatted with the chat template."""
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
    """Yields the text between the marks, because each mark is a token of its own."""
    marks = re.compile("|".join(map(re.escape, SPECIAL + MARKS)))
    for line in conversations.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = tokenizer.apply_chat_template(row["messages"], tools=row["tools"], tokenize=False)
        yield from marks.split(text)
