"""Compares what `tollgate expression eval --vectors` got with what a C# runtime expects.

    compare_vectors.py VECTORS GOT EXCEPTIONS

Both are JSON lines; EXCEPTIONS lists `id<TAB>reason`. Prints a line a mismatch and closes with
counts. Fails when a vector that is not listed differs, or a listed one agrees (the list only
shrinks).
"""

import collections
import json
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def differs(expect, got):
    """Why `got` is not what is expected; None when it is."""
    if "compileError" in expect:
        return None if "compileError" in got else f"expected a refusal, got {got}"
    if "error" in expect:
        return None if got.get("error") == expect["error"] else f"expected {expect['error']}, got {got}"
    for key in ("type", "value", "text", "key", "items", "traces"):
        if key in expect and expect[key] != got.get(key):
            return f"{key}: expected {expect[key]!r}, got {got.get(key)!r} ({got.get('type') or got})"
    return None


def main(vectors, results, exceptions):
    with open(exceptions, encoding="utf-8") as file:
        listed = {line.split("\t")[0] for line in file if line.strip() and not line.startswith("#")}
    got = {str(result["id"]): result["got"] for result in lines(results)}
    counts, unexpected, agreed = collections.Counter(), [], []
    for vector in lines(vectors):
        key = str(vector["id"])
        why = differs(vector["expect"], got.get(key, {"error": "no answer"}))
        category = vector.get("category", "corpus")
        counts[category, why is None] += 1
        if why and key not in listed:
            unexpected.append(f"{key}: {vector['expr'][:160]!r}: {why[:300]}")
        elif not why and key in listed:
            agreed.append(key)
    for line in unexpected:
        print(line)
    for key in agreed:
        print(f"{key}: listed as an exception but agrees: take it off the list")
    passed = sum(count for (_, ok), count in counts.items() if ok)
    failed = sum(counts.values()) - passed
    for category in sorted({category for category, _ in counts}):
        print(f"  {category}: {counts[category, True]} of {counts[category, True] + counts[category, False]}")
    print(f"{vectors.rsplit('/', 1)[-1]}: {passed} equal, {failed} different, {len(unexpected)} of them not listed")
    return 1 if unexpected or agreed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
