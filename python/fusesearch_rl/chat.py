"""Chat templates: what a model is trained with must be what it is served with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trl.chat_template_utils import get_training_chat_template

SERVING_TEMPLATE = "serving.jinja"
# Qwen3 in its form without thoughts; other templates leave the word alone.
NO_THINKING = {"enable_thinking": False}


def training_template(tokenizer: Any) -> str:
    """The model's template as it is trained with: whole turns stay as they were, and what the assistant says is marked.

    Raises ValueError for models whose template TRL doesn't know.
    """
    return get_training_chat_template(tokenizer) or tokenizer.chat_template


def write_serving_template(folder: str | Path, tokenizer: Any) -> Path:
    """Writes the template of the training beside the model, for `vllm serve --chat-template`.

    Qwen3's own drops the empty thought of all but the last turn, and the training keeps it. The model's own file stays
    as it is, for TRL knows templates by their text.
    """
    template = training_template(tokenizer)
    # Marks for the loss, of no use in serving; thoughts are off whatever a client asks.
    for mark in ("{%- generation %}", "{%- endgeneration %}", "{% generation %}", "{% endgeneration %}"):
        template = template.replace(mark, "")
    path = Path(folder) / SERVING_TEMPLATE
    path.write_text("{%- set enable_thinking = false %}\n" + template, encoding="utf-8")
    return path
