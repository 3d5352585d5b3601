"""Chat templates. A model must be served with the template that it was trained with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trl.chat_template_utils import get_training_chat_template

SERVING_TEMPLATE = "serving.jinja"
# Turns thinking off in Qwen3's template. Other templates ignore the variable.
NO_THINKING = {"enable_thinking": False}


def training_template(tokenizer: Any) -> str:
    """Returns the training version of the model's template.

    It keeps earlier turns unchanged when a turn is appended, and marks the assistant's text for the loss. Raises
    ValueError if TRL doesn't know the model's template.
    """
    return get_training_chat_template(tokenizer) or tokenizer.chat_template


def write_serving_template(folder: str | Path, tokenizer: Any) -> Path:
    """Writes the training template into the model's folder, for `vllm serve --chat-template`. Returns its path.

    Qwen3's own template drops the empty thought of every turn but the last, while the training template keeps it. The
    model's own template file stays unchanged, because TRL recognises templates by their text.
    """
    template = training_template(tokenizer)
    # Serving doesn't need the marks for the loss. Thinking stays off even if a client turns it on.
    for mark in ("{%- generation %}", "{%- endgeneration %}", "{% generation %}", "{% endgeneration %}"):
        template = template.replace(mark, "")
    path = Path(folder) / SERVING_TEMPLATE
    path.write_text("{%- set enable_thinking = false %}\n" + template, encoding="utf-8")
    return path
