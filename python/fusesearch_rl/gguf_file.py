"""Converts a GGUF file to a folder for transformers (`unpack`), and merges an adapter into the file (`pack`).

    python -m fusesearch_rl.gguf_file unpack model.gguf models/base
    python -m fusesearch_rl.gguf_file pack model.gguf models/base trained.gguf --adapter models/sft

`pack` copies everything from the original file, including the vocabulary, except the matrices that the adapter changes.
For those it adds the adapter's matrix to the folder's weights and writes the sum in 8 bits (Q8_0), because fewer bits
would round a small change away.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import quantize
from safetensors import safe_open

# The names of Qwen2's matrices in a GGUF file, by their names in transformers.
MATRICES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def main(arguments: list[str] | None = None) -> None:
    """Runs one of the two commands."""
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("unpack", help="write a folder with bfloat16 weights and the tokenizer")
    one.add_argument("file", type=Path)
    one.add_argument("folder", type=Path)
    two = commands.add_parser("pack", help="write a GGUF file with a merged adapter")
    two.add_argument("file", type=Path, help="the original GGUF file")
    two.add_argument("folder", type=Path, help="the folder that unpack wrote")
    two.add_argument("output", type=Path)
    two.add_argument(
        "--adapter", type=Path, help="folder of a LoRA adapter (peft); without it, all matrices are written in 8 bits"
    )
    given = parser.parse_args(arguments)
    if given.command == "unpack":
        unpack(given.file, given.folder)
    else:
        print(
            f"{pack(given.file, given.folder, given.output, given.adapter)} matrices written in 8 bits: {given.output}"
        )


def unpack(file: Path, folder: Path) -> None:
    """Writes the weights of a GGUF file in bfloat16 and its tokenizer to a folder.

    Ties the input and output embeddings, as they were in training. The GGUF file stores them as two matrices of
    different precision; this keeps the output matrix, which is more precise.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.model.embed_tokens.weight = model.lm_head.weight
    model.config.tie_word_embeddings = True
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)


def pack(file: Path, folder: Path, output: Path, adapter: Path | None = None) -> int:
    """Writes `output` and returns the number of matrices in 8 bits: those that the adapter changes, or all without one.

    Raises SystemExit if the adapter changes a matrix that the file doesn't have.
    """
    reader = GGUFReader(file)
    changes = {} if adapter is None else read_adapter(adapter)
    writer = GGUFWriter(output, _value(reader.fields["general.architecture"]))
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kind, inner = field.types[0], field.types[-1]
            writer.add_key_value(name, _value(field), kind, inner if len(field.types) > 1 else None)
    changed = 0
    with safe_open(folder / "model.safetensors", framework="pt") as weights:
        for tensor in reader.tensors:
            source = source_name(tensor.name)
            if source is None or (adapter is not None and source not in changes):
                # `data` has the shape that add_tensor expects: in bytes for a quantized type, in values for any other.
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
                continue
            whole = weights.get_tensor(f"{source}.weight").float() + changes.get(source, 0.0)
            packed = quantize(whole.numpy().astype(np.float32), GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor.name, packed, raw_dtype=GGMLQuantizationType.Q8_0)
            changed += 1
    if adapter is not None and changed != len(changes):
        raise SystemExit(f"the adapter changes {len(changes)} matrices, but {file} has only {changed} of them")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return changed


def source_name(name: str) -> str | None:
    """Returns the name in transformers, such as `model.layers.3.self_attn.q_proj` for `blk.3.attn_q.weight`.

    None for tensors that aren't in MATRICES.
    """
    found = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name)
    if found is None:
        return None
    for source, target in MATRICES.items():
        if target == found.group(2):
            return f"model.layers.{found.group(1)}.{source}"
    return None


def read_adapter(folder: Path) -> dict[str, torch.Tensor]:
    """Returns the float32 matrix that a LoRA adapter adds to each weight matrix, by the name of that matrix."""
    config = json.loads((folder / "adapter_config.json").read_text())
    scale = config["lora_alpha"] / config["r"]
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as tensors:
        names = [name.removesuffix(".lora_A.weight") for name in list(tensors.keys()) if name.endswith("lora_A.weight")]
        return {
            name.removeprefix("base_model.model."): scale
            * (
                tensors.get_tensor(f"{name}.lora_B.weight").float()
                @ tensors.get_tensor(f"{name}.lora_A.weight").float()
            )
            for name in names
        }


def _value(field: Any) -> Any:
    return field.contents()


if __name__ == "__main__":
    main()
