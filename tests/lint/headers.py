"""Every header says what it is, who may use it and how; every public function says what it does."""
import re

import tree

OPENING = re.compile(r"/\* (\S+\.h) — .*?\*/", re.S)
FIELDS = ("Uses:", "Threads:", "Owner:")
PROTOTYPE = re.compile(
    r"^(?!static|typedef|#|struct \w+ \{|enum |extern)[\w][\w\s\*]*?[\s\*](\w+)\([^;{]*\)[^;{]*;", re.M)


def described(text, start):
    """Whether a comment stands before the prototype, or before the group of prototypes it is in."""
    for line in reversed(text[:start].split("\n")[:-1]):
        line = line.rstrip()
        if line.endswith("*/"):
            return True
        if not (line.endswith((";", ",")) or line.startswith("    ")):
            return False
    return False


def object_to(path, text):
    opening = OPENING.match(text)
    if not opening or opening.group(1) != path.name:
        yield f'{path}:1: does not begin with "/* {path.name} — what it is."'
        return
    for field in FIELDS:
        if field not in opening.group(0):
            yield f"{path}:1: the opening comment lacks {field}"
    for match in PROTOTYPE.finditer(tree.without_comments(text)):
        last_line = text.split("\n")[text.count("\n", 0, match.end())]
        if not described(text, match.start()) and "/*" not in last_line:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: {match.group(1)}() has no comment"


files = list(tree.sources(suffixes=(".h",)))
tree.finish("headers", [o for path, text in files for o in object_to(path, text)], len(files))
