"""Which folder may include which, and where each library's header is at home.

The rules are docs/ARCHITECTURE.md's "Folders"; a change of one is a change of the other.
"""
import re

import tree

MAY_USE = {
    "base": {"base"},
    "metrics": {"base", "metrics"},
    "collectors": {"base", "metrics", "collectors"},
    "kube": {"base", "metrics", "kube"},
    "agent": {"base", "metrics", "collectors", "kube", "agent"},
}

# Header -> files (patterns) that may include it.
HOME = {
    r"curl/.*": r"kube/client/http[a-z_]*\.[ch]",
    r"jansson\.h": r"kube/.*|agent/local/engine[a-z_]*\.[ch]",
    r"yaml\.h": r"kube/yaml/.*",
    r"libwebsockets\.h": r"agent/http/server[a-z_]*\.[ch]",
    r"openssl/.*": r"agent/tls\.c",
    r"isa-l.*": r"metrics/gzip\.c",
    r"zlib\.h": r"metrics/gzip\.c",
    r"zstd(_errors)?\.h": r"metrics/zstd\.c",
    r"pcre2\.h": r"metrics/pattern\.c",
    r"systemd/.*": r"collectors/node/systemd_bus\.c",
    r"uthash\.h": r"base/map\.c",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def object_to(path, text):
    folder = path.parts[0]
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        kind, header = match.groups()
        if kind == '"':
            used = header.split("/")[0]
            if "/" not in header:
                yield f'{path}:{line}: "{header}": write the path from the root'
            elif used not in MAY_USE[folder]:
                yield f"{path}:{line}: {folder}/ may not use {used}/"
            continue
        for pattern, home in HOME.items():
            if re.fullmatch(pattern, header) and not re.fullmatch(home, str(path)):
                yield f"{path}:{line}: <{header}> is at home in {home}"


files = list(tree.sources(suffixes=(".c", ".h", ".def")))
tree.finish("layering", [o for path, text in files for o in object_to(path, text)], len(files))
