"""Fine-tuning an encoder: losses by hand, the draw of negatives, a resumed training, and the exported file."""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
import unittest
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from fusesearch_rl import encoder, encoder_pairs
from fusesearch_rl.encoder_model import Encoder, Packed, mean_of
from fusesearch_rl.encoder_pairs import Product, Question, Reading

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + [f"w{number}" for number in range(40)]
PRODUCT = {
    "max_tokens": 8,
    "max_chars": 80,
    "sharpness": 0.5,
    "doubt": 0.4,
    "file": {"own": 2.0, "best": 1.0},
    "function": {"own": 3.0, "best": 0.0},
    "candidates": 3,
    "read_files": 2,
    "read_functions": 2,
}


def candidate(path: str, text: str | None, rank: int, is_gold: bool, score: float = 0.0) -> dict:
    """A candidate as the product writes it."""
    return {"path": path, "name": path, "text": text, "rank": rank, "isGold": is_gold, "score": score}


def sample(number: int, repo: str = "tiny/shop") -> dict:
    """A sample whose gold file and function share a word with the issue; the others don't."""
    mine, other, third = f"w{number}", f"w{number + 1}", f"w{number + 2}"
    return {
        "id": f"{repo}-{number}",
        "repo": repo,
        "issue": f"{mine} w39",
        "chance": 0.3,
        "files": [
            candidate("b", f"{other} w38", 1, False, 0.2),
            candidate("a", f"{mine} w37", 2, True, 0.1),
            candidate("c", None, 3, False),
        ],
        "functions": [
            candidate("b", f"{other} w36", 1, False),
            candidate("a", f"{mine} w35", 2, True),
            candidate("b", f"{third} w34", 3, False),
        ],
    }


def make_base(folder: Path) -> None:
    """Writes a random BERT of two layers with a tokenizer of whole words."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        hidden_dropout_prob=0.1,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    # Files of the hub pad; the product doesn't, so that the trainer may not either.
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(folder / "tokenizer.json"))


class Losses(unittest.TestCase):
    def test_the_contrastive_loss_by_hand(self):
        vectors = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
        questions = [Question(0, 1, (2, 3)), Question(2, 1, (0,))]
        # Similarities 0.6, 0 and -1; then 0.8 and 0; twice as large in the softmax.
        first = -math.log(math.exp(1.2) / (math.exp(1.2) + 1 + math.exp(-2)))
        second = -math.log(math.exp(1.6) / (math.exp(1.6) + 1))
        loss = encoder_pairs.contrastive_loss(vectors, questions, 2.0)
        self.assertAlmostEqual(float(loss), (first + second) / 2, places=5)

    def test_the_ranking_is_changed_as_in_the_product(self):
        texts, readings = encoder_pairs.readings_of(sample(1), Product(**PRODUCT))
        # Issue, the outlines of both files that were read, the functions up to rank 2.
        self.assertEqual(texts, ["w1 w39", "w2 w38", "w1 w37", "w2 w36", "w1 w35"])
        near = torch.tensor([1.0, 0.1, 0.5, 0.2, 0.4])
        added = encoder_pairs.added_scores(near, readings["files"])
        # 2 · 0.1 + 0.2 = 0.4 and 2 · 0.5 + 0.4 = 1.4, less their mean 0.9; what wasn't read gets nothing.
        torch.testing.assert_close(added, torch.tensor([-0.5, 0.5, 0.0]))
        # Scores -0.3, 0.6 and 0, halved; then functions: 3 · 0.2 and 3 · 0.4 less 0.9.
        files = -math.log(math.exp(0.3) / (math.exp(-0.15) + math.exp(0.3) + 1))
        functions = -math.log(math.exp(0.15) / (math.exp(-0.15) + math.exp(0.15)))
        loss = encoder_pairs.ranking_loss(near, readings, PRODUCT["sharpness"])
        self.assertAlmostEqual(float(loss), (files + functions) / 2, places=5)

    def test_a_ranking_with_nothing_to_learn_costs_nothing(self):
        nothing = Reading(
            {"own": 1.0, "best": 0.0}, torch.zeros(2), torch.tensor([False, False]), torch.tensor([1, 2]), ((), ())
        )
        near = torch.tensor([1.0, 0.2, 0.3], requires_grad=True)
        self.assertEqual(float(encoder_pairs.ranking_loss(near, {"files": nothing}, 1.0)), 0.0)

    def test_the_mean_leaves_padding_out(self):
        hidden = torch.tensor([[[2.0], [4.0], [100.0]]])
        self.assertEqual(float(mean_of(hidden, torch.tensor([[1, 1, 0]]))), 3.0)


class Batches(unittest.TestCase):
    def test_negatives_are_candidates_of_the_search_and_gold_of_other_repositories(self):
        texts, questions = encoder_pairs.batch_of([sample(1), sample(5), sample(9, "tiny/mail")], 2, "0/0")
        self.assertEqual(len(questions), 6)
        asked = {
            (texts[one.issue], texts[one.positive]): {texts[place] for place in one.negatives} for one in questions
        }
        self.assertEqual(asked["w1 w39", "w1 w37"], {"w2 w38", "w9 w37", "w9 w35"})
        self.assertEqual(asked["w1 w39", "w1 w35"], {"w2 w36", "w3 w34", "w9 w37", "w9 w35"})
        # The mail's gold is no negative of its own question.
        self.assertNotIn("w9 w37", asked["w9 w39", "w9 w37"])
        self.assertEqual(len(texts), len(set(texts)))

    def test_the_same_seed_draws_the_same_and_better_ranks_more_often(self):
        one = sample(1)
        one["files"] = [
            candidate("a", "gold", 1, True),
            *(candidate("x", f"n{rank}", rank, False) for rank in range(2, 12)),
        ]
        draws = [encoder_pairs.draw(one, 3, f"{seed}/0")[0][1] for seed in range(400)]
        self.assertEqual(draws[7], encoder_pairs.draw(one, 3, "7/0")[0][1])
        counts = {rank: sum(f"n{rank}" in drawn for drawn in draws) for rank in (2, 11)}
        self.assertTrue(all(len(set(drawn)) == 3 for drawn in draws))
        self.assertGreater(counts[2], 1.5 * counts[11])

    def test_a_sample_without_a_gold_passage_teaches_nothing(self):
        one = sample(1)
        self.assertTrue(encoder_pairs.can_teach(one))
        for kind in encoder_pairs.KINDS:
            one[kind] = [{**each, "isGold": False} for each in one[kind]]
        self.assertFalse(encoder_pairs.can_teach(one))


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.place.name)
        (cls.folder / "base").mkdir()
        make_base(cls.folder / "base")
        for name, samples in {
            "pairs": [sample(number) for number in range(0, 24, 2)],
            "held-out": [sample(number, "tiny/mail") for number in range(24, 32, 2)],
        }.items():
            (cls.folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in samples))
        (cls.folder / "product.json").write_text(json.dumps(PRODUCT))

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def words(self, output: str, **others) -> list[str]:
        flags = {"base": "base", "pairs": "pairs.jsonl", "validate": "held-out.jsonl", "product": "product.json"}
        paths = {name: self.folder / file for name, file in {**flags, "output": output}.items()}
        values = {"epochs": 2, "batch": 4, "learning-rate": 1e-3, "save-every": 1, **others}
        return [str(word) for name, value in {**paths, **values}.items() for word in (f"--{name}", value)]

    def train(self, output: str, **others) -> list[dict]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            encoder.main(self.words(output, **others))
        return [json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{")]

    def test_the_exported_file_is_the_best_epoch_and_reads_like_the_model(self):
        for loss in ("contrastive", "ranking"):
            with self.subTest(loss=loss):
                events = self.train(loss, loss=loss, epochs=12, **{"learning-rate": 5e-3})
                result = events[-1]
                epochs = [one for one in events if one["event"] == "epoch"]
                self.assertEqual([one["epoch"] for one in epochs], list(range(13)))
                gains = [one["gain"] for one in epochs]
                self.assertEqual(result["best"], gains.index(max(gains)))
                steps = [one["loss"] for one in events if one["event"] == "step"]
                self.assertLess(sum(steps[-3:]), sum(steps[:3]))
                self.assertGreater(result["agreement"]["smallestCosine"], 0.97)
                self.assertEqual(sorted(path.name for path in (self.folder / loss).glob("*onnx*")), ["encoder.onnx"])
                product = Product(**PRODUCT)
                model = Encoder(str(self.folder / "base"), product)
                model.load_state_dict(torch.load(self.folder / loss / "best.pt", weights_only=True))
                packed = Packed(self.folder / loss / "encoder.onnx", product)
                texts = ["w1", "w2 w3 w4", " ".join(f"w{number}" for number in range(30))]
                near = (model.encode(texts) * packed.encode(texts)).sum(1)
                self.assertGreater(float(near.min()), 0.97)

    def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(self):
        whole = self.train("whole")
        settings = encoder.make_parser().read(self.words("stopped"))
        training = encoder_pairs.read_samples(settings.pairs)
        held_out = encoder_pairs.read_samples(settings.validate)
        samples = {"training": training, "heldOut": held_out}
        with contextlib.redirect_stdout(io.StringIO()):
            stopped = encoder.Tuning(settings, Product(**PRODUCT), samples)
            stopped._measure()
            for _ in range(2):
                stopped._update()
            stopped._save()
        rest = self.train("stopped")
        losses = {one["step"]: one["loss"] for one in whole if one["event"] == "step"}
        again = {one["step"]: one["loss"] for one in rest if one["event"] == "step"}
        self.assertEqual(sorted(again), [3, 4, 5, 6])
        self.assertEqual(again, {step: losses[step] for step in again})
        self.assertEqual(rest[-1]["epochs"], whole[-1]["epochs"])
        # A finished one trains no more.
        self.assertEqual([one["event"] for one in self.train("stopped")], ["result"])

    def test_other_settings_need_another_folder(self):
        self.train("settled", epochs=1)
        with self.assertRaisesRegex(SystemExit, "name another folder"):
            self.train("settled", epochs=1, seed=5)

    def test_unusable_files_are_named(self):
        bad = self.folder / "bad.jsonl"
        bad.write_text('{"id": "one"}\n')
        with self.assertRaisesRegex(SystemExit, "bad.jsonl, line 1"):
            encoder_pairs.read_samples(str(bad))
        with self.assertRaisesRegex(SystemExit, "has no tokenizer.json"):
            Encoder(str(self.folder), Product(**PRODUCT))


if __name__ == "__main__":
    unittest.main()
