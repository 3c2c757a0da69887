"""The project's C sources, as the lint rules see them."""
import pathlib
import re
import sys

FOLDERS = ("base", "metrics", "collectors", "kube", "agent")


def root():
    return pathlib.Path(sys.argv[1])


def sources(*folders, suffixes=(".c", ".h")):
    """Yields (path relative to the root, text) of every C file of the folders."""
    for folder in folders or FOLDERS:
        for path in sorted((root() / folder).rglob("*")):
            if path.suffix in suffixes:
                yield path.relative_to(root()), path.read_text(encoding="utf-8")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The text with comments and string contents blanked; line numbers stay."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def finish(rule, objections, looked_at):
    """Prints the objections and ends with their verdict; a rule that saw no file has failed."""
    for objection in objections:
        print(objection)
    print(f"{rule}: {looked_at} files, {len(objections)} objections")
    sys.exit(1 if objections or looked_at == 0 else 0)
