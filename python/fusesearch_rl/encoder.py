"""Fine-tunes a small encoder on issues and the candidates of their searches; `fusesearch encoder train` starts it.

    python -m fusesearch_rl.encoder --base models/all-MiniLM-L6-v2 --pairs pairs.jsonl --validate held-out.jsonl \
        --product product.json --output tuned

It prints JSON lines. The same command goes on from the last checkpoint; a killed run loses the updates since then. Each
epoch is measured on the held-out samples, the untrained model as epoch 0, and the best one is exported for the product.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from .encoder_model import Encoder, Packed, export
from .encoder_pairs import (
    KINDS,
    Product,
    Sample,
    batch_of,
    can_teach,
    contrastive_loss,
    is_open,
    measure,
    ranking_loss,
    read_product,
    read_samples,
    readings_of,
    summarise,
)
from .settings import Parser

STATE = "state.pt"
BEST = "best.pt"
RESULT = "training.json"
# Samples of which the exported file is compared with the model it was made of.
COMPARED = 20
# An int8 model's vectors differ by less than this from its own, as a cosine.
LARGEST_ERROR = 0.03
RESAMPLES = 2000


def make_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(__doc__)
    files = parser.add_argument_group("model and data")
    files.add_argument("--base", required=True, help="folder of the model, in Hugging Face's format")
    files.add_argument("--pairs", required=True, help="samples to learn from")
    files.add_argument("--validate", required=True, help="samples of other repositories")
    files.add_argument("--product", required=True, help="how the product uses an encoder")
    files.add_argument("--output", required=True, help="folder of the training, new or to resume")
    files.add_argument("--name", default="encoder", help="name of the exported file")
    how = parser.add_argument_group("training")
    how.add_argument("--loss", choices=["contrastive", "ranking"], default="contrastive", help="what is minimised")
    how.add_argument("--epochs", type=int, default=3, help="times that each sample is learned from")
    how.add_argument("--learning-rate", type=float, default=2e-5, help="peak; it falls to 0 in a line")
    how.add_argument("--batch", type=int, default=4, help="samples of an update")
    how.add_argument("--negatives", type=int, default=6, help="candidates that aren't gold, of each kind and sample")
    how.add_argument("--scale", type=float, default=20.0, help="factor of similarities in a softmax")
    how.add_argument("--all-weights", action="store_true", help="train the vectors of the tokens as well")
    how.add_argument("--seed", type=int, default=0, help="random seed")
    how.add_argument("--threads", type=int, default=1, help="threads")
    how.add_argument("--save-every", type=int, default=25, help="updates between checkpoints")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Trains, measures, and exports the best epoch."""
    settings = make_parser().read(arguments)
    torch.set_num_threads(settings.threads)
    training = [sample for sample in read_samples(settings.pairs) if can_teach(sample)]
    held_out = read_samples(settings.validate)
    product = read_product(settings.product)
    if not training:
        raise SystemExit(f"{settings.pairs} has no sample with a gold passage and another one")
    if not any(is_open(reading) for sample in held_out for reading in readings_of(sample, product)[1].values()):
        raise SystemExit(f"{settings.validate} has no sample whose ranking has gold and other candidates")
    tuning = Tuning(settings, product, {"training": training, "heldOut": held_out})
    tuning.run()
    say(event="result", **finish(tuning))


class Tuning:
    """The model, its optimizer, and how far the training has come. It resumes from the checkpoint in --output."""

    def __init__(self, settings: Namespace, product: Product, samples: dict[str, list[Sample]]):
        self.settings, self.product = settings, product
        self.training, self.held_out = samples["training"], samples["heldOut"]
        self.output = Path(settings.output)
        self.output.mkdir(parents=True, exist_ok=True)
        self.encoder = Encoder(settings.base, product)
        if not settings.all_weights:
            self.encoder.model.get_input_embeddings().requires_grad_(False)
        self.learned = [one for one in self.encoder.parameters() if one.requires_grad]
        self.optimizer = torch.optim.AdamW(self.learned, lr=settings.learning_rate, weight_decay=0.01)
        self.step = 0
        self.epochs: list[dict[str, Any]] = []
        self.identity = identity_of(settings)
        if (self.output / STATE).exists():
            self._resume()

    @property
    def steps_of_epoch(self) -> int:
        """Updates of an epoch."""
        return math.ceil(len(self.training) / self.settings.batch)

    @property
    def steps(self) -> int:
        """Updates of the whole training."""
        return self.settings.epochs * self.steps_of_epoch

    def run(self) -> None:
        """Makes all updates that are left, and measures after each epoch."""
        if not self.epochs:
            self._measure()
        began, first = time.monotonic(), self.step
        while self.step < self.steps:
            loss = self._update()
            left = (time.monotonic() - began) / (self.step - first) * (self.steps - self.step)
            say(event="step", step=self.step, steps=self.steps, loss=round(loss, 4), secondsLeft=round(left))
            if self.step % self.steps_of_epoch == 0:
                self._measure()
            elif self.step % self.settings.save_every == 0:
                self._save()

    @property
    def best(self) -> int:
        """The epoch with the largest gain; of equal ones the first."""
        return max(range(len(self.epochs)), key=lambda epoch: (self.epochs[epoch]["gain"], -epoch))

    def _update(self) -> float:
        settings = self.settings
        # So that a resumed training drops and draws the same as one that wasn't stopped.
        torch.manual_seed(settings.seed * 1_000_003 + self.step)
        self.encoder.train()
        epoch, place = divmod(self.step, self.steps_of_epoch)
        order = list(range(len(self.training)))
        random.Random(f"{settings.seed}/{epoch}").shuffle(order)
        samples = [self.training[index] for index in order[place * settings.batch : (place + 1) * settings.batch]]
        if settings.loss == "contrastive":
            texts, questions = batch_of(samples, settings.negatives, f"{settings.seed}/{epoch}")
            loss = contrastive_loss(self.encoder(texts), questions, settings.scale)
            loss.backward()
            total = loss.item()
        else:
            total = 0.0
            for sample in samples:
                texts, readings = readings_of(sample, self.product)
                vectors = self.encoder(texts)
                loss = ranking_loss(vectors @ vectors[0], readings, self.product.sharpness) / len(samples)
                loss.backward()
                total += loss.item()
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * rate_at(self.step, self.steps)
        torch.nn.utils.clip_grad_norm_(self.learned, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return total

    def _measure(self) -> None:
        rows = measure(self.held_out, self.encoder.encode, self.product, self.settings.scale)
        self.epochs.append(summarise(rows, self.product.doubt))
        epoch = len(self.epochs) - 1
        if epoch == self.best:
            save_whole(self.output / BEST, self.encoder.state_dict())
        say(event="epoch", epoch=epoch, best=self.best, **self.epochs[-1])
        self._save()

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "step": self.step,
            "epochs": json.dumps(self.epochs),
            "model": self.encoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        save_whole(self.output / STATE, state)

    def _resume(self) -> None:
        state = torch.load(self.output / STATE, weights_only=True)
        if state["identity"] != self.identity:
            raise SystemExit(f"{self.output} has a training with other samples or settings: name another folder")
        self.encoder.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.epochs = json.loads(state["epochs"])


def finish(tuning: Tuning) -> dict[str, Any]:
    """Exports the best epoch, and writes what came out: its file against that of the untrained model."""
    settings, output, product = tuning.settings, tuning.output, tuning.product
    encoder = tuning.encoder
    before = measure_packed(Encoder(settings.base, product), output / "untrained.onnx", tuning)
    for name in ("untrained.onnx", "untrained-tokenizer.json"):
        (output / name).unlink()
    encoder.load_state_dict(torch.load(output / BEST, weights_only=True))
    file = output / f"{settings.name}.onnx"
    after = measure_packed(encoder, file, tuning)
    agreement = compare(encoder, Packed(file, product), tuning.held_out[:COMPARED])
    result = {
        "file": file.name,
        "bytes": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "best": tuning.best,
        "epochs": tuning.epochs,
        "untrained": summarise(before, product.doubt),
        "tuned": summarise(after, product.doubt),
        "differences": differences(before, after, settings.seed),
        "agreement": agreement,
        "samples": {"training": len(tuning.training), "heldOut": len(tuning.held_out)},
        "settings": {
            name: getattr(settings, name)
            for name in ("loss", "epochs", "learning_rate", "batch", "negatives", "scale", "all_weights", "seed")
        },
    }
    write_whole(output / RESULT, json.dumps(result, indent=2).encode())
    return result


def measure_packed(encoder: Encoder, file: Path, tuning: Tuning) -> list[dict]:
    """Exports an encoder and measures the exported file, since that is what the product reads with."""
    export(encoder, file)
    return measure(tuning.held_out, Packed(file, tuning.product).encode, tuning.product, tuning.settings.scale)


def compare(encoder: Encoder, packed: Packed, samples: list[Sample]) -> dict[str, Any]:
    """How far the exported file's vectors and orders are from the model's. Raises SystemExit if its vectors are off."""
    smallest, same, pairs = 1.0, 0, 0
    for sample in samples:
        texts = [sample["issue"], *(one["text"] for one in sample["files"] if one["text"] is not None)]
        mine, its = encoder.encode(texts), packed.encode(texts)
        smallest = min(smallest, float((mine * its).sum(1).min()))
        near, nearer = mine[1:] @ mine[0], its[1:] @ its[0]
        upper = torch.triu_indices(len(near), len(near), 1)
        order = (near[upper[0]] - near[upper[1]]) * (nearer[upper[0]] - nearer[upper[1]])
        same += int((order > 0).sum())
        pairs += order.numel()
    if smallest < 1 - LARGEST_ERROR:
        raise SystemExit(f"the exported file's vectors differ from the model's: cosine {smallest:.3f}. This is a bug.")
    return {"smallestCosine": round(smallest, 4), "sameOrder": same / max(1, pairs), "pairs": pairs}


def differences(before: list[dict], after: list[dict], seed: int) -> dict[str, Any]:
    """Tuned less untrained, paired, with 95% intervals by resampling samples: shares of first right, and nats."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        both = [
            (one, other)
            for one, other in ((row[kind], its[kind]) for row, its in zip(before, after, strict=True))
            if one is not None
        ]
        first = [float(other["alone"]) - float(one["alone"]) for one, other in both]
        known = [(one["likelihood"], other["likelihood"]) for one, other in both if one["likelihood"] is not None]
        nats = [other - one for one, other in known]
        found[kind] = {"first": interval(first, seed), "likelihood": interval(nats, seed)}
    return found


def interval(values: list[float], seed: int) -> dict[str, Any]:
    """The mean of values with its 95% bootstrap interval."""
    if not values:
        return {"samples": 0, "mean": None, "low": None, "high": None}
    chance = random.Random(seed)
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]
    return {"samples": len(values), "mean": sum(values) / len(values), "low": low, "high": high}


def rate_at(step: int, steps: int) -> float:
    """Share of the peak learning rate: up in a line over a tenth of the updates, then down in a line to 0."""
    warm = max(1, steps // 10)
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def identity_of(settings: Namespace) -> str:
    """A digest of what a resumed training must share with the one that it continues."""
    digest = hashlib.sha256()
    for file in (settings.pairs, settings.validate, settings.product, Path(settings.base) / "config.json"):
        digest.update(Path(file).read_bytes())
    names = ("loss", "epochs", "learning_rate", "batch", "negatives", "scale", "all_weights", "seed")
    digest.update(json.dumps([getattr(settings, name) for name in names]).encode())
    return digest.hexdigest()


def say(**line: Any) -> None:
    """Prints a line for the program that started this one."""
    print(json.dumps(line), flush=True)


def save_whole(file: Path, state: Any) -> None:
    """Saves tensors so that a kill leaves the old file or the new one."""
    part = file.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, file)


def write_whole(file: Path, content: bytes) -> None:
    """Writes a file so that a kill leaves the old one or the new one."""
    part = file.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, file)


if __name__ == "__main__":
    main()
