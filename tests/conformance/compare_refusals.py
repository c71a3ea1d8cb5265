"""Compares the expressions that `tollgate policy check --format json` refuses with a list that says
why Azure would refuse each too.

    compare_refusals.py REPORT LIST

A line of the list: `file<TAB>code<TAB>message<TAB>reason`. Fails at a refusal without a reason, and at a
reason without a refusal unless it says that the member is not there yet.
"""

import json
import sys

# Errors of expressions, and of text that should be one.
CODES = ("TG3", "TG2002")


def main(report, reasons):
    with open(report, encoding="utf-8") as file:
        files = json.load(file)
    refused = {
        (entry["file"].removeprefix("./"), found["code"], found["message"])
        for entry in files
        for found in entry["diagnostics"]
        if found["severity"] == "error" and found["code"].startswith(CODES)
    }
    with open(reasons, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    known = {tuple(line[:3]): line[3] for line in lines}
    new = sorted(refused - known.keys())
    gone = sorted(key for key in known.keys() - refused if not known[key].startswith("not there yet"))
    for line in new:
        print("refused without a reason: " + "\t".join(line))
    for line in gone:
        print("no longer refused: " + "\t".join(line))
    print(f"expressions: {len(refused)} different refusals in {len(files)} documents, {len(new)} without a reason")
    return 1 if new or gone or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
