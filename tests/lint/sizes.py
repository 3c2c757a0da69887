"""No file beyond 800 lines; past 500 it is named, so that somebody asks whether it has two subjects."""
import tree

WARN, FAIL, HEADER = 500, 800, 200

objections, count = [], 0
for path, text in list(tree.sources()) + list(tree.sources("tests")):
    count += 1
    lines = text.count("\n")
    most = HEADER if path.suffix == ".h" else FAIL
    if lines > most:
        objections.append(f"{path}: {lines} lines, at most {most}")
    elif lines > WARN:
        print(f"note: {path}: {lines} lines")
tree.finish("sizes", objections, count)
