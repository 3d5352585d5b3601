"""Writes the tasks of a running server as verl's parquet: `python -m fusesearch_rl.verl_tasks URL TASKS.parquet`."""

from __future__ import annotations

import os
import sys
from typing import Any

from .client import fetch


def main() -> None:
    """Writes the tasks of the split `train`."""
    import pyarrow
    import pyarrow.parquet

    url, path = sys.argv[1:]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows(url, "train")), path)


def rows(url: str, split: str) -> list[dict[str, Any]]:
    """Returns a row per task with its split and index. Prompt and reward come from the server during an episode."""
    token = os.environ.get("FUSESEARCH_TOKEN")
    count = fetch(url, "/fusesearch/num_tasks", {"split": split}, token)["num_tasks"]
    return [_row(split, index) for index in range(count)]


def _row(split: str, index: int) -> dict[str, Any]:
    return {
        "data_source": "fusesearch",
        "agent_name": "fusesearch",
        "prompt": [{"role": "user", "content": f"{split} {index}"}],
        "reward_model": {"style": "rule", "ground_truth": ""},
        "extra_info": {"split": split, "index": index},
    }


if __name__ == "__main__":
    main()
