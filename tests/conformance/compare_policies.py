"""Compares refusals of `tollgate policy check --format json` with a golden list.

    compare_policies.py REPORT GOLDEN

A line of the list: `file<TAB>code<TAB>message`, errors only, in two groups under a heading each: elements that
this version leaves to a later one, and what is wrong with the document. TOLLGATE_ACCEPT=1 rewrites the list.
"""

import json
import os
import sys

LATER = "# elements of a later version"
WRONG = "# wrong documents"


def group(found):
    return LATER if found["message"].endswith("not part of this version") else WRONG


def main(report, golden):
    with open(report, encoding="utf-8") as file:
        files = json.load(file)
    groups, refused = {LATER: set(), WRONG: set()}, {LATER: 0, WRONG: 0}
    for entry in files:
        errors = [found for found in entry["diagnostics"] if found["severity"] == "error"]
        for found in errors:
            line = f"{entry['file'].removeprefix('./')}\t{found['code']}\t{found['message']}"
            groups[group(found)].add(line)
        if not entry["ok"]:
            refused[LATER if errors and all(group(found) == LATER for found in errors) else WRONG] += 1
    refusals = [line for heading, lines in groups.items() for line in [heading, *sorted(lines)]]
    if os.environ.get("TOLLGATE_ACCEPT"):
        with open(golden, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in refusals))
    with open(golden, encoding="utf-8") as file:
        known = file.read().splitlines()
    new = [line for line in refusals if line not in known]
    gone = [line for line in known if line not in refusals]
    for line in new:
        print("new refusal: " + line)
    for line in gone:
        print("no longer refused (rewrite the list): " + line)
    if not (new or gone) and refusals != known:
        print("the list is in another order (rewrite it)")
    ok = sum(1 for entry in files if entry["ok"])
    print(
        f"policies: {len(files)} documents, {ok} accepted, {refused[LATER]} left to a later version, "
        f"{refused[WRONG]} wrong, {len(new)} new refusals"
    )
    return 1 if refusals != known or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
