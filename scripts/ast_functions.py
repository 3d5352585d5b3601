"""Gold of Python patches by Python's own `ast`: an independent check of the product's gold (scripts/check-gold.mjs).

Reads one JSON object a line: {"id", "patch", "texts": {path: text at base}}; writes {"id", "files", "functions",
"addsFunction", "kept"} or {"id", "error"}.
"""
import ast
import json
import re
import sys
from collections import Counter


def definitions(text):
    """(kind, qualified name, first decorator's line, last line) of every function and class."""
    found = []

    def walk(node, outer):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                kind = "class" if isinstance(child, ast.ClassDef) else "function"
                name = f"{outer}.{child.name}" if outer else child.name
                start = min([child.lineno] + [decorator.lineno for decorator in child.decorator_list])
                found.append((kind, name, start, child.end_lineno))
                walk(child, name)
            else:
                walk(child, outer)

    walk(ast.parse(text), "")
    return found


def read_patch(patch):
    """[old path, new path, hunks], a hunk being (old start, old count, [lines])."""
    files, hunk, left = [], None, [0, 0]
    for line in patch.split("\n"):
        if hunk is not None and (left[0] > 0 or left[1] > 0):
            sign = line[:1] or " "
            if sign != "\\":
                hunk[2].append((sign, line[1:]))
                left[0] -= sign in " -"
                left[1] -= sign in " +"
            continue
        header = re.match(r"diff --git a/(.*) b/(.*)$", line)
        if header:
            files.append([header[1], header[2], []])
        elif line.startswith("new file mode"):
            files[-1][0] = None
        elif line.startswith("deleted file mode"):
            files[-1][1] = None
        at = re.match(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if at:
            left = [int(at[2] or 1), int(at[3] or 1)]
            hunk = (int(at[1]), left[0], [])
            files[-1][2].append(hunk)
    return files


def apply(text, hunks):
    """Text after the hunks, lines removed, and lines after which something is inserted."""
    lines, out, removed, inserted, done, offset = text.split("\n"), [], [], [], 0, 0
    for start, count, changes in hunks:
        stated = start if count == 0 else start - 1
        at = place(lines, changes, stated + offset, done)
        offset = at - stated
        out += lines[done:at]
        done = at
        for sign, content in changes:
            if sign == "+":
                inserted.append(done)
                out.append(content)
                continue
            if sign == "-":
                removed.append(done + 1)
            else:
                out.append(lines[done])
            done += 1
    return "\n".join(out + lines[done:]), removed, inserted


def place(lines, changes, wanted, done):
    """Index at which the kept and removed lines stand: as stated, or the nearest place after the hunk before."""
    old = [content.rstrip("\r") for sign, content in changes if sign != "+"]
    places = sorted(range(done, len(lines) - len(old) + 1), key=lambda at: (abs(at - wanted), at))
    for at in places:
        if [line.rstrip("\r") for line in lines[at : at + len(old)]] == old:
            return at
    raise ValueError(f"no place for the hunk at line {wanted + 1}")


def gold(row):
    files, functions, adds_file, adds_function = [], [], False, False
    for old, new, hunks in read_patch(row["patch"]):
        if old is None:
            adds_file = True
            continue
        files.append(old)
        if not old.endswith(".py") or not hunks:
            continue
        text, removed, inserted = apply(row["texts"][old], hunks)
        before = definitions(row["texts"][old])
        after = definitions(text) if new is not None else []
        spans = [(line, line) for line in removed] + [(line, line + 1) for line in inserted]
        changed = set()
        for first, last in spans:
            holding = [d for d in before if d[0] == "function" and d[2] <= first and last <= d[3]]
            if holding:
                changed.add(max(holding, key=lambda d: d[2]))
        functions += [[old, name, start, end] for _, name, start, end in sorted(changed, key=lambda d: d[2])]
        more = Counter(d[:2] for d in after) - Counter(d[:2] for d in before)
        adds_function = adds_function or bool(more)
    kept = bool(functions) and not adds_file and not adds_function
    return {"files": files, "functions": functions, "addsFunction": adds_function, "kept": kept}


for source in sys.stdin:
    row = json.loads(source)
    try:
        answer = gold(row)
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps({"id": row["id"], **answer}), flush=True)
