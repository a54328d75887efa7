# SPDX-License-Identifier: LGPL-2.1-or-later
"""Take every example out of documents, as a reader would copy it.

examples.py FOLDER DOCUMENT…    writes FOLDER/NNN.text, NNN.kind and NNN.where for each

Examples are the indented or fenced blocks of Markdown, the blocks between .nf and .fi of manual pages, the lines of a
--help that begin with two blanks and a program, and words between backticks that begin with a program and go on. A
block is taken apart into its commands, each as many lines as its quotes and backslashes need, unless a mark stands on
the line before it that says what else it is:

    .\\" example: KIND           in a manual page
    <!-- example: KIND -->      in Markdown (an empty line may follow)

KIND is `policy` (the lines of a file), `output` (what a command prints) or `synopsis` (not to be run: it has
places to be filled in).
"""
import os
import re
import shlex
import shutil
import sys

KINDS = ("commands", "policy", "output", "synopsis")
ESCAPES = {r"\-": "-", r"\\": "\\", r"\e": "\\", r"\(aq": "'", r"\(dq": '"', r"\(ha": "^", r"\(ti": "~", r"\(ga": "`", r"\&": ""}
# What groff sets as something else than these characters: a reader who copies it gets that.
TYPESET = re.compile(r"[-'`^~]")


class Fault(Exception):
    pass


def roff(line):
    """The characters that a line of a manual page comes out as."""
    out = []
    for part in re.split(r"(\\\(..|\\.)", line):
        if part.startswith("\\") and len(part) > 1:
            if part not in ESCAPES:
                raise Fault(f"{part} in an example")
            out.append(ESCAPES[part])
        elif TYPESET.search(part):
            raise Fault(f"{TYPESET.search(part).group()} does not print as it stands: " + r"\- \(aq \(ga \(ha \(ti do")
        else:
            out.append(part)
    return "".join(out)


def blocks_of_manual(lines):
    kind, block = "commands", None
    for number, line in enumerate(lines, 1):
        if line == ".nf":
            block, start = [], number + 1
        elif line == ".fi":
            yield start, kind, block
            kind, block = "commands", None
        elif block is not None:
            if line.startswith((".", "'")):
                raise Fault(f"line {number}: a request in an example")
            try:
                block.append(roff(line))
            except Fault as fault:
                raise Fault(f"line {number}: {fault}") from None
        elif mark := re.fullmatch(r'\.\\" example: (\w+)', line):
            kind = mark.group(1)
        elif not line.startswith((".RS", ".IP", ".PP")):
            kind = "commands"


def starts_a_program(text):
    first = text.split()[0] if text.split() else ""
    return bool(re.match(r"[A-Z_]+=", first)) or first.startswith(("scripts/", "tests/")) or bool(shutil.which(first))


def blocks_of_markdown(lines):
    kind, block, fenced = "commands", [], False
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith("```"):
            if fenced:
                yield start, kind, block
                kind, block = "commands", []
            fenced, start = not fenced, number + 1
        elif fenced:
            block.append(line)
        elif line.startswith("    ") or (block and not line):
            if not block:
                start = number
            block.append(line[4:])
        else:
            if block:
                yield start, kind, block
                kind, block = "commands", []
            if mark := re.fullmatch(r"<!-- example: (\w+) -->", line):
                kind = mark.group(1)
            elif line:
                kind = "commands"
            for span in re.findall(r"`([^`]+)`", line):
                if re.search(r"[ =]", span) and starts_a_program(span):
                    yield number, "commands", [span]
    if block:
        yield start, kind, block


def blocks_of_help(lines):
    for number, line in enumerate(lines, 1):
        if line.startswith("  ") and not line.startswith("   ") and starts_a_program(line):
            text = re.split(r"   +", line.strip())[0]
            yield number, "synopsis" if re.search(r"[A-Z]{3}|\[", text) else "commands", [text]


def whole(text):
    if text.endswith("\\"):
        return False
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def commands(start, lines):
    """(line, text) of each command; empty lines and comments are between them."""
    text, first = "", start
    for number, line in enumerate(lines, start):
        if not text and (not line.strip() or line.lstrip().startswith("#")):
            continue
        if not text:
            first = number
        text += line
        if whole(text):
            yield first, text
            text = ""
        else:
            text += "\n"
    if text:
        raise Fault(f"line {first}: a command without its end")


def examples(document):
    with open(document, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if document.endswith(".md"):
        found = blocks_of_markdown(lines)
    elif document.endswith(".help"):
        found = blocks_of_help(lines)
    else:
        found = blocks_of_manual(lines)
    for start, kind, block in found:
        if kind not in KINDS:
            raise Fault(f"line {start}: no kind {kind}")
        if kind == "commands":
            for number, text in commands(start, block):
                yield number, kind, text
        else:
            yield start, kind, "\n".join(block).strip("\n")


def main(folder, *documents):
    os.makedirs(folder)
    count = 0
    for document in documents:
        for number, kind, text in examples(document):
            count += 1
            for ending, said in (("text", text), ("kind", kind), ("where", f"{os.path.basename(document)}:{number}")):
                with open(f"{folder}/{count:03}.{ending}", "w", encoding="utf-8") as out:
                    out.write(said + "\n")
    print(f"{count} examples")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Fault as fault:
        sys.exit(f"examples: {fault}")
