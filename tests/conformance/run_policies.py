"""Runs every accepted policy document with synthetic requests.

    run_policies.py TOLLGATE FOLDER REQUESTS GOLDEN

A line of the list: `file<TAB>request<TAB>status<TAB>source/reason`, for answers that an error made.
TOLLGATE_ACCEPT=1 rewrites it. Fails when a run panics, breaks off, or makes an error that says nothing.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SECTIONS = ("inbound", "backend", "outbound", "on-error")


def accepted(tollgate, folder):
    report = subprocess.run([tollgate, "policy", "check", ".", "--format", "json"], cwd=folder, capture_output=True, check=False)
    return [entry["file"].removeprefix("./") for entry in json.loads(report.stdout) if entry["ok"]]


def document(path, scratch, requests):
    """A document to run, and its request file: fragments are included where they may stand."""
    text = path.read_text(encoding="utf-8-sig")
    root = re.search(r"<([a-z-]+)", re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL))
    if root and root.group(1) == "policies":
        return [(path, requests)]
    file = scratch / "requests.yaml"
    given = requests.read_text(encoding="utf-8").replace("given:\n", f"given:\n  fragments: {{ it: {json.dumps(str(path))} }}\n", 1)
    file.write_text(given, encoding="utf-8")
    out = []
    for section in SECTIONS:
        holder = scratch / f"{section}.xml"
        holder.write_text(f'<policies><{section}><include-fragment fragment-id="it" /></{section}></policies>', encoding="utf-8")
        out.append((holder, file))
    return out


def run(tollgate, tries):
    for path, requests in tries:
        came = subprocess.run([tollgate, "policy", "run", str(path), "--request", str(requests), "--format", "json"], capture_output=True, check=False)
        if came.returncode == 0:
            return json.loads(came.stdout), ""
        why = came.stderr.decode("utf-8", "replace")
        if came.returncode != 1 or "panicked" in why:
            return None, why
    return None, why


def main(tollgate, folder, requests, golden):
    tollgate, folder, requests = os.path.abspath(tollgate), pathlib.Path(folder), pathlib.Path(requests).resolve()
    lines, failed, count, runs = [], [], 0, 0
    for name in accepted(tollgate, folder):
        count += 1
        with tempfile.TemporaryDirectory() as scratch:
            answers, why = run(tollgate, document(folder / name, pathlib.Path(scratch), requests))
        if answers is None:
            failed.append(f"{name}: {why.strip()[-2000:]}")
            continue
        for index, answer in enumerate(answers, 1):
            runs += 1
            status, error = answer["response"]["status"], answer["lastError"]
            if error is None:
                if status == 500 and not (answer["trace"].get("decidedBy") or answer["backend"]):
                    failed.append(f"{name}: request {index} is answered 500 and nothing says why")
                continue
            if not error["reason"] and not error["message"]:
                failed.append(f"{name}: request {index}: an error that says nothing: {error}")
            lines.append(f"{name}\t{index}\t{status}\t{error['source']}/{error['reason'] or '-'}")
    if os.environ.get("TOLLGATE_ACCEPT"):
        pathlib.Path(golden).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    known = set(pathlib.Path(golden).read_text(encoding="utf-8").splitlines())
    failed += ["new: " + line for line in lines if line not in known]
    failed += ["gone (rewrite the list): " + line for line in sorted(known - set(lines))]
    for line in failed:
        print(line)
    print(f"policy runs: {count} documents, {runs} requests, {len(lines)} answered by an error, {len(failed)} unexplained")
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
