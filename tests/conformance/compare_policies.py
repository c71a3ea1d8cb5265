"""Compares refusals of `tollgate policy check --format json` with a golden list.

    compare_policies.py REPORT GOLDEN

A line of the list: `file<TAB>code<TAB>message`, errors only. TOLLGATE_ACCEPT=1 rewrites it.
"""

import json
import os
import sys


def main(report, golden):
    with open(report, encoding="utf-8") as file:
        files = json.load(file)
    refusals = sorted(
        {
            f"{entry['file'].removeprefix('./')}\t{found['code']}\t{found['message']}"
            for entry in files
            for found in entry["diagnostics"]
            if found["severity"] == "error"
        }
    )
    if os.environ.get("TOLLGATE_ACCEPT"):
        with open(golden, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in refusals))
    with open(golden, encoding="utf-8") as file:
        known = set(file.read().splitlines())
    new, gone = [line for line in refusals if line not in known], sorted(known - set(refusals))
    for line in new:
        print("new refusal: " + line)
    for line in gone:
        print("no longer refused (rewrite the list): " + line)
    ok = sum(1 for entry in files if entry["ok"])
    print(f"policies: {len(files)} documents, {ok} accepted, {len(files) - ok} refused, {len(new)} new refusals")
    return 1 if new or gone or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
