"""A small encoder as the product uses it: tokens, mean of the outputs, and the int8 file that the product loads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from .encoder_pairs import Product

OPSET = 17


class Encoder(torch.nn.Module):
    """A model of Hugging Face's format with its tokenizer, from a folder."""

    def __init__(self, folder: str, product: Product):
        """Raises SystemExit where the folder has no such model."""
        super().__init__()
        tokenizer = Path(folder) / "tokenizer.json"
        for file in (tokenizer, Path(folder) / "config.json"):
            if not file.exists():
                raise SystemExit(f"{folder} has no {file.name}: name a folder in Hugging Face's format")
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(product.max_tokens)
        self.max_chars = product.max_chars
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Returns the tokens of each text, cut as the product cuts them."""
        return [one.ids for one in self.tokenizer.encode_batch([text[: self.max_chars] for text in texts])]

    def forward(self, texts: list[str]) -> torch.Tensor:
        """Returns normalised vectors, [texts, width]."""
        rows = self.tokens(texts)
        length = max(len(row) for row in rows)
        ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return torch.nn.functional.normalize(mean_of(hidden, mask), dim=1)

    @torch.no_grad()
    def encode(self, texts: list[str]) -> torch.Tensor:
        """The same, for measuring."""
        was_training = self.training
        self.eval()
        try:
            return self(texts)
        finally:
            self.train(was_training)


def mean_of(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean of the outputs of all tokens that aren't padding, [texts, width]."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1)


class Outputs(torch.nn.Module):
    """The model's outputs of one text, as the product asks for them."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> Any:
        """Returns the outputs of all tokens, [texts, tokens, width]."""
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def export(encoder: Encoder, file: Path) -> None:
    """Writes the model as int8 ONNX, and its tokenizer beside it as NAME-tokenizer.json."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    encoder.eval()
    part = file.with_name(f"{file.stem}-part")
    part.mkdir(parents=True, exist_ok=True)
    plain, prepared, packed = part / "plain.onnx", part / "prepared.onnx", part / "int8.onnx"
    ids = torch.tensor(encoder.tokens(["where the text of an issue is read"]))
    example = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        Outputs(encoder.model),
        example,
        str(plain),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in [*names, "last_hidden_state"]},
        opset_version=OPSET,
        dynamo=False,
    )
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    # Seven bits: with eight, processors without VNNI instructions add beyond the range.
    quantize_dynamic(str(prepared), str(packed), per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    packed.replace(file)
    shutil.rmtree(part)
    tokenizer = Tokenizer.from_str(encoder.tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    beside = file.with_name(f"{file.stem}-tokenizer.json")
    beside.write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False), encoding="utf-8")


class Packed:
    """An exported file, read as the product reads it: one text at a time."""

    def __init__(self, file: Path, product: Product, threads: int = 1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(file.with_name(f"{file.stem}-tokenizer.json")))
        # The product's tokenizer pads nothing, whatever the file says.
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(product.max_tokens)
        self.max_chars = product.max_chars

    def encode(self, texts: list[str]) -> torch.Tensor:
        """Returns normalised vectors, [texts, width]."""
        import numpy

        wanted = [one.name for one in self.session.get_inputs()]
        rows = []
        for text in texts:
            ids = numpy.array([self.tokenizer.encode(text[: self.max_chars]).ids], dtype=numpy.int64)
            feeds = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
            (hidden,) = self.session.run(None, {name: feeds[name] for name in wanted})
            rows.append(torch.from_numpy(hidden[0].mean(0)))
        return torch.nn.functional.normalize(torch.stack(rows), dim=1)
