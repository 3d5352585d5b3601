"""Issues with the candidates of their searches, and what is learned and measured on them.

`fusesearch encoder train` writes a line for each sample: the issue and the passages of its search's candidates, exactly
as the product's encoder reads them. Gold candidates make pairs with the issue, the others are hard negatives.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Sample = dict[str, Any]
Kind = str

KINDS: tuple[Kind, ...] = ("files", "functions")
# Factors of the product's weights, for an encoder whose similarities are spread differently.
SPREADS = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Product:
    """How the product uses an encoder, as it says itself."""

    max_tokens: int
    # Characters of a text that it looks at.
    max_chars: int
    # A softmax of its scores with this factor gives its chances.
    sharpness: float
    # Its encoder reads where the chance of the best file is below this.
    doubt: float
    # What similarities add to a file's score: of its outline (own) and of its best function.
    file: dict[str, float]
    # The same for a function's own passage and its file's best function.
    function: dict[str, float]
    # Best files among which chances are computed, and best files and functions that are read.
    candidates: int
    read_files: int
    read_functions: int


def read_product(path: str) -> Product:
    """Reads the file that `fusesearch encoder train` writes. Raises SystemExit if it has other fields."""
    with open(path, encoding="utf-8") as file:
        try:
            return Product(**json.load(file))
        except (TypeError, ValueError) as error:
            raise SystemExit(f"{path} doesn't say how the product uses an encoder: {error}") from error


@dataclass(frozen=True)
class Question:
    """An issue with one gold passage and others that aren't gold. `places` index a list of all texts of a batch."""

    issue: int
    positive: int
    negatives: tuple[int, ...]


def read_samples(path: str) -> list[Sample]:
    """Reads samples. Raises SystemExit, naming file and line, for a line that isn't one."""
    samples = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                sample = json.loads(line)
                for name in ("id", "repo", "issue", "chance", *KINDS):
                    sample[name]
            except (ValueError, KeyError, TypeError) as error:
                raise SystemExit(f"{path}, line {number}: no sample of pairs ({error})") from error
            samples.append(sample)
    return samples


def can_teach(sample: Sample) -> bool:
    """Whether a sample has a gold passage and another one of the same kind."""
    return any(_split(sample, kind) is not None for kind in KINDS)


def draw(sample: Sample, negatives: int, seed: str) -> list[tuple[str, list[str]]]:
    """Draws for each kind one gold passage and at most `negatives` others of the search, better ones more often.

    Returns pairs of the gold passage and the others. The same seed draws the same.
    """
    chance = random.Random(f"{seed}/{sample['id']}")
    drawn = []
    for kind in KINDS:
        split = _split(sample, kind)
        if split is None:
            continue
        gold, others = split
        # Exponential clocks: the chance to be drawn falls with the square root of the rank.
        clocks = [(chance.expovariate(1 / math.sqrt(other["rank"])), place) for place, other in enumerate(others)]
        places = sorted(place for _, place in sorted(clocks)[:negatives])
        drawn.append((chance.choice(gold)["text"], [others[place]["text"] for place in places]))
    return drawn


def batch_of(samples: Sequence[Sample], negatives: int, seed: str) -> tuple[list[str], list[Question]]:
    """Returns the texts to encode, each once, and the questions about them.

    The gold passages of other repositories' samples are further negatives of a question: within a repository they may
    be right for it as well.
    """
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    drawn = [(sample, draw(sample, negatives, seed)) for sample in samples]
    gold = [(sample["repo"], place(text)) for sample, kinds in drawn for text, _ in kinds]
    questions = []
    for sample, kinds in drawn:
        issue = place(sample["issue"])
        for text, others in kinds:
            foreign = [there for repo, there in gold if repo != sample["repo"]]
            positive = place(text)
            rest = dict.fromkeys([*(place(other) for other in others), *foreign])
            questions.append(Question(issue, positive, tuple(one for one in rest if one != positive)))
    return list(texts), questions


def contrastive_loss(vectors: torch.Tensor, questions: Sequence[Question], scale: float) -> torch.Tensor:
    """Mean negative log-likelihood of the gold passages: a softmax over `scale` times the similarities.

    `vectors` are the normalised vectors of a batch's texts, [texts, width].
    """
    losses = []
    for question in questions:
        places = torch.tensor([question.positive, *question.negatives])
        logits = scale * (vectors[places] @ vectors[question.issue])
        losses.append(-torch.log_softmax(logits, 0)[0])
    return torch.stack(losses).mean()


@dataclass(frozen=True)
class Reading:
    """The candidates of one ranking, and where their texts are among those of a sample."""

    weights: dict[str, float]
    scores: torch.Tensor
    is_gold: torch.Tensor
    # The place of the outline or the function's own text; -1 for a file that the search didn't read.
    own: torch.Tensor
    # The places of the functions of the candidate's file.
    functions: tuple[tuple[int, ...], ...]


def readings_of(sample: Sample, product: Product) -> tuple[list[str], dict[Kind, Reading]]:
    """Returns the texts of a sample, the issue first, and what the product reads of both rankings."""
    files = [one for one in sample["files"] if one["rank"] <= product.candidates]
    read = {one["path"] for one in files if one["rank"] <= product.read_files and one["text"] is not None}
    functions = [one for one in sample["functions"] if one["rank"] <= product.read_functions and one["path"] in read]
    texts = [sample["issue"]]

    def place(text: str) -> int:
        texts.append(text)
        return len(texts) - 1

    outlines = [place(one["text"]) if one["path"] in read else -1 for one in files]
    owns = [place(one["text"]) for one in functions]
    inside: dict[str, list[int]] = {}
    for one, own in zip(functions, owns, strict=True):
        inside.setdefault(one["path"], []).append(own)

    def reading(ranked: list[Any], own: list[int], weights: dict[str, float]) -> Reading:
        return Reading(
            weights,
            torch.tensor([float(one["score"]) for one in ranked]),
            torch.tensor([bool(one["isGold"]) for one in ranked]),
            torch.tensor(own, dtype=torch.long),
            tuple(tuple(inside.get(one["path"], ())) for one in ranked),
        )

    return texts, {
        "files": reading(files, outlines, product.file),
        "functions": reading(functions, owns, product.function),
    }


def added_scores(near: torch.Tensor, reading: Reading) -> torch.Tensor:
    """What the product adds to the scores of a ranking, [candidates], from the similarities of a sample's texts.

    As in the product, what wasn't read gets nothing and the others get their distance from the mean.
    """
    own = near[reading.own.clamp(min=0)]
    best = torch.stack(
        [near[list(places)].max() if places else own[index] for index, places in enumerate(reading.functions)]
    )
    value = reading.weights["own"] * own + reading.weights["best"] * best
    is_read = reading.own >= 0
    if not bool(is_read.any()):
        return torch.zeros_like(value)
    return torch.where(is_read, value - value[is_read].mean(), torch.zeros_like(value))


def log_likelihood(logits: torch.Tensor, is_gold: torch.Tensor) -> torch.Tensor:
    """Of the gold candidates together under a softmax."""
    return torch.logsumexp(logits[is_gold], 0) - torch.logsumexp(logits, 0)


def is_open(reading: Reading) -> bool:
    """Whether a ranking has a gold candidate, and others."""
    return bool(reading.is_gold.any()) and not bool(reading.is_gold.all())


def ranking_loss(near: torch.Tensor, readings: dict[Kind, Reading], sharpness: float) -> torch.Tensor:
    """Mean negative log-likelihood of a sample's gold candidates in the rankings as the product reorders them.

    0 where a sample has no open ranking.
    """
    losses = [
        -log_likelihood(sharpness * (reading.scores + added_scores(near, reading)), reading.is_gold)
        for reading in readings.values()
        if is_open(reading)
    ]
    return torch.stack(losses).mean() if losses else near.sum() * 0


def measure(
    samples: Iterable[Sample], encode: Callable[[list[str]], torch.Tensor], product: Product, scale: float
) -> list[dict]:
    """What an encoder does on each sample: a row of numbers.

    By the similarity alone: whether the first is right and the gold's log-likelihood under `scale`. With the ranking:
    whether the first is right, and the log-likelihood that the encoder adds, for each of SPREADS. None where a ranking
    isn't open.
    """
    rows = []
    for sample in samples:
        texts, readings = readings_of(sample, product)
        vectors = encode(texts)
        near = vectors @ vectors[0]
        row: dict[str, Any] = {"id": sample["id"], "chance": sample["chance"]}
        for kind, reading in readings.items():
            row[kind] = _row_of(near, reading, product.sharpness, scale) if is_open(reading) else None
        rows.append(row)
    return rows


def _row_of(near: torch.Tensor, reading: Reading, sharpness: float, scale: float) -> dict[str, Any]:
    is_read = reading.own >= 0
    alone = torch.where(is_read, scale * near[reading.own.clamp(min=0)], torch.tensor(-math.inf))
    gold = reading.is_gold
    row: dict[str, Any] = {"before": bool(gold[reading.scores.argmax()])}
    can_know = bool((is_read & gold).any())
    row["alone"] = can_know and bool(gold[alone.argmax()])
    row["likelihood"] = float(log_likelihood(alone, gold)) if can_know else None
    added = added_scores(near, reading)
    plain = log_likelihood(sharpness * reading.scores, gold)
    with_it = [reading.scores + spread * added for spread in SPREADS]
    row["first"] = [bool(gold[scores.argmax()]) for scores in with_it]
    row["gain"] = [float(log_likelihood(sharpness * scores, gold) - plain) for scores in with_it]
    return row


def summarise(rows: Sequence[dict], doubt: float) -> dict[str, Any]:
    """Means over rows of :func:`measure`, of all searches and of those in doubt, with the best of SPREADS.

    `gain`, the log-likelihood that both rankings gain, is what an epoch is chosen by: over all searches, since those in
    doubt are few.
    """
    result: dict[str, Any] = {"samples": len(rows)}
    doubted = [row for row in rows if row["chance"] < doubt]
    for name, some in (("all", rows), ("doubt", doubted)):
        result[name] = {"samples": len(some)}
        for kind in KINDS:
            open_rows = [row[kind] for row in some if row[kind] is not None]
            if not open_rows:
                continue
            known = [row["likelihood"] for row in open_rows if row["likelihood"] is not None]
            gains = [sum(row["gain"][place] for row in open_rows) / len(some) for place in range(len(SPREADS))]
            best = max(range(len(SPREADS)), key=lambda place: gains[place])
            shipped = SPREADS.index(1.0)
            result[name][kind] = {
                "open": len(open_rows),
                "before": sum(row["before"] for row in open_rows),
                "alone": sum(row["alone"] for row in open_rows),
                "likelihood": _mean(known),
                "first": sum(row["first"][shipped] for row in open_rows),
                "gain": gains[shipped],
                "bestSpread": SPREADS[best],
                "bestFirst": sum(row["first"][best] for row in open_rows),
                "bestGain": gains[best],
            }
    result["gain"] = sum(result["all"].get(kind, {}).get("bestGain", 0.0) for kind in KINDS)
    return result


def _split(sample: Sample, kind: Kind) -> tuple[list[Any], list[Any]] | None:
    read = [one for one in sample[kind] if one["text"] is not None]
    gold = [one for one in read if one["isGold"]]
    others = [one for one in read if not one["isGold"]]
    return (gold, others) if gold and others else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
