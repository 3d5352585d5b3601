"""LoRA adapters of small models: SFT on the product's data, GRPO against its server, and GGUF files."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from support import DATA, Server, conversations, report
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from fusesearch_rl import grpo_lora, sft_lora
from fusesearch_rl.client import fetch
from fusesearch_rl.gguf_file import MATRICES, pack, read_adapter, source_name
from fusesearch_rl.lora import Learner, tokenise

ROWS = "gguf.jsonl"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Q8_0 rounds to multiples of a 127th of the largest value in a block.
Q8_ERROR = 1 / 127


class Local(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.place.name)
        make_model(cls.folder / "base")
        cls.tokenizer = AutoTokenizer.from_pretrained(cls.folder / "base")
        cls.train(steps=2)

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    @classmethod
    def train(cls, steps: int) -> None:
        words = ["--model", cls.folder / "base", "--data", DATA / ROWS, "--output", cls.folder / "sft"]
        words += ["--steps", steps, "--accumulate", 2, "--warmup", 1, "--save-every", 2, "--max-length", 8000]
        sft_lora.main([str(word) for word in [*words, "--learning-rate", 5e-3]])

    def settings(self, output: str):
        words = ["--model", self.folder / "base", "--data", "none", "--output", self.folder / output]
        return sft_lora.make_parser().read([str(word) for word in words])

    def test_only_replies_are_in_the_loss(self):
        messages = conversations(ROWS)[0]["messages"]
        ids, mask = tokenise(messages, self.tokenizer)
        said = self.tokenizer.decode([token for token, learned in zip(ids, mask, strict=True) if learned])
        replies = [message["content"] for message in messages if message["role"] == "assistant"]
        self.assertEqual(said, "".join(f"{reply}<|im_end|>" for reply in replies))

    def test_computing_the_shared_beginning_once_keeps_the_losses(self):
        learner = Learner(self.settings("fresh"))
        chats, begin = sft_lora.read_conversations(DATA / ROWS, self.tokenizer, 8000)
        ids, mask = chats[0]
        whole = (begin + ids, [False] * len(begin) + mask)
        with torch.no_grad():
            apart, together = learner.losses(chats[0], learner.begin(begin)), learner.losses(whole, [])
        self.assertGreater(len(begin), 100)
        self.assertLess((apart - together).abs().max().item(), 0.1)
        error = (apart - together).abs().max().item()
        report(f"all chats share {len(begin)} tokens; computing them once changes losses by at most {error:.3f}")

    def test_resumes_from_the_checkpoint(self):
        before = lines(self.folder / "sft")
        self.train(steps=4)
        after = lines(self.folder / "sft")
        self.assertEqual([line["step"] for line in after], [1, 2, 3, 4])
        self.assertEqual(after[:2], before[:2])
        self.assertLess(after[3]["loss"], after[0]["loss"])
        report(f"SFT resumes from its checkpoint: loss {', '.join(str(line['loss']) for line in after)}")

    def test_grpo_plays_rollouts_against_the_server(self):
        server = Server(self.folder, sessions=4)
        try:
            words = ["--model", self.folder / "base", "--start", self.folder / "sft", "--environment", server.url]
            words += ["--output", self.folder / "grpo", "--steps", 1, "--tasks", 1, "--group-size", 4]
            grpo_lora.main([str(word) for word in [*words, "--max-reply-tokens", 20, "--max-length", 6000]])
            system = grpo_lora.system_of(fetch(server.url, "/prompts"))
        finally:
            server.stop()
        self.assertEqual(system, conversations(ROWS)[0]["messages"][0]["content"])
        [line] = lines(self.folder / "grpo")
        self.assertEqual(line["step"], 1)
        report(f"GRPO against the server: {json.dumps(line)}")

    def test_grpo_raises_the_probability_of_better_rollouts(self):
        learner = Learner(self.settings("reinforced"))
        chats, begin = sft_lora.read_conversations(DATA / ROWS, self.tokenizer, 8000)
        rollouts = [Played(chats[0], 2.0), Played(chats[1], 0.0)]
        known = [sum_of(learner, one, begin) for one in rollouts]
        for group in learner.optimizer.param_groups:
            group["lr"] = 1e-3
        for _ in range(8):
            grpo_lora.learn([rollouts], learner, learner.begin(begin))
            learner.move()
        [good, bad] = [sum_of(learner, one, begin) - loss for one, loss in zip(rollouts, known, strict=True)]
        self.assertLess(good, bad)

    def test_a_packed_file_has_the_merged_matrices_and_keeps_the_others(self):
        source, output = self.folder / "base.gguf", self.folder / "trained.gguf"
        write_gguf(self.folder / "base", source)
        changed = pack(source, self.folder / "base", output, self.folder / "sft")
        before, after = (gguf.GGUFReader(file) for file in (source, output))
        changes = read_adapter(self.folder / "sft")
        self.assertEqual(changed, 2 * len(MATRICES))
        self.assertEqual([tensor.name for tensor in before.tensors], [tensor.name for tensor in after.tensors])
        for old, new in zip(before.tensors, after.tensors, strict=True):
            name = source_name(old.name)
            self.assertEqual(list(old.shape), list(new.shape))
            if name not in changes:
                self.assertTrue(np.array_equal(old.data, new.data))
                continue
            wanted = old.data + changes[name].numpy()
            error = np.abs(dequantize(new.data, new.tensor_type) - wanted).max()
            self.assertLess(error, np.abs(wanted).max() * Q8_ERROR)
        self.assertEqual(
            before.fields["tokenizer.ggml.tokens"].contents(), after.fields["tokenizer.ggml.tokens"].contents()
        )
        report(f"{changed} matrices of the packed GGUF file are base plus adapter; the others are unchanged")


class Played:
    """A finished rollout, with the attributes that `learn` uses."""

    def __init__(self, chat, reward: float):
        self.ids, self.mask = chat
        self.reward = reward


def sum_of(learner: Learner, rollout: Played, begin: list[int]) -> float:
    with torch.no_grad():
        return learner.losses((rollout.ids, rollout.mask), learner.begin(begin)).sum().item()


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def make_model(folder: Path) -> None:
    """Writes a model of Qwen2's architecture with random weights, and a tokenizer trained on the conversations."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}|\n+|[^\n\p{N}]+"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    texts = [message["content"] for row in conversations(ROWS) for message in row["messages"]]
    bpe.train_from_iterator([*texts, "system\nuser\nassistant\n"], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_gguf(folder: Path, file: Path) -> None:
    """Writes the model's matrices in float32, with the header fields that `pack` needs."""
    model = Qwen2ForCausalLM.from_pretrained(folder)
    writer = gguf.GGUFWriter(file, "qwen2")
    writer.add_block_count(2)
    writer.add_token_list(["a", "b"])
    writer.add_tensor("token_embd.weight", model.model.embed_tokens.weight.detach().numpy())
    for index, layer in enumerate(model.model.layers):
        for source, name in MATRICES.items():
            matrix = layer.get_submodule(source).weight.detach().numpy()
            writer.add_tensor(f"blk.{index}.{name}.weight", matrix)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    unittest.main()
