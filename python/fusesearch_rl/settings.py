"""Command lines whose flags can also be set in files."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


class Parser(argparse.ArgumentParser):
    """An argument parser that can read defaults from YAML or JSON files (`--config FILE …`; later files win).

    The keys in a file are the long names of the flags, with dashes or underscores. An unknown key ends the command, so
    that a misspelt setting isn't silently ignored.
    """

    def __init__(self, description: str | None):
        super().__init__(description=description, formatter_class=HelpFormatter)
        files = self.add_argument_group("files")
        files.add_argument("--config", nargs="*", default=[], metavar="FILE", help="files that set these flags")

    def read(self, arguments: list[str] | None = None) -> argparse.Namespace:
        """Returns the settings; flags override files. Exits with code 2 if a flag or a key of a file is unknown."""
        given = sys.argv[1:] if arguments is None else arguments
        found, _ = _config_only().parse_known_args(given)
        known = {action.dest: action for action in self._actions}
        for file in found.config:
            for key, value in read_file(file).items():
                action = known.get(key.replace("-", "_"))
                if action is None:
                    self.error(f"{file} sets {key}, but this command has no such setting")
                action.required = False
                self.set_defaults(**{action.dest: value})
        return self.parse_args(given)


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of the description, and shows the default of each flag."""


def read_file(file: str) -> dict[str, Any]:
    """Returns the object in a YAML or JSON file."""
    with open(file, encoding="utf-8") as opened:
        if file.endswith(".json"):
            return json.load(opened)
        import yaml

        return yaml.safe_load(opened) or {}


def _config_only() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", nargs="*", default=[])
    return parser
