"""Command lines with groups, and files that set them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


class Parser(argparse.ArgumentParser):
    """An argument parser whose defaults may come from YAML or JSON files: `--config FILE …`, the last one wins.

    Keys are the long names of the flags, with a dash or an underscore. An unknown one ends the command, so that a
    misspelt setting can't be a silent default.
    """

    def __init__(self, description: str | None):
        super().__init__(description=description, formatter_class=HelpFormatter)
        files = self.add_argument_group("files")
        files.add_argument("--config", nargs="*", default=[], metavar="FILE", help="files that set these flags")

    def read(self, arguments: list[str] | None = None) -> argparse.Namespace:
        """The settings of a command line. Flags stand above files."""
        given = sys.argv[1:] if arguments is None else arguments
        found, _ = _config_only().parse_known_args(given)
        known = {action.dest: action for action in self._actions}
        for file in found.config:
            for key, value in read_file(file).items():
                action = known.get(key.replace("-", "_"))
                if action is None:
                    self.error(f"{file} sets {key}, which is no setting of this command")
                action.required = False
                self.set_defaults(**{action.dest: value})
        return self.parse_args(given)


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Descriptions as they are written, and the default behind each flag."""


def read_file(file: str) -> dict[str, Any]:
    """The object in a YAML or JSON file."""
    with open(file, encoding="utf-8") as opened:
        if file.endswith(".json"):
            return json.load(opened)
        import yaml

        return yaml.safe_load(opened) or {}


def _config_only() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", nargs="*", default=[])
    return parser
