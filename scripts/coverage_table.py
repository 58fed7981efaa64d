"""Prints lines covered per crate from the JSON of cargo-tarpaulin or cargo llvm-cov."""

import json
import pathlib
import sys

CRATES = ["engine", "models", "ingest", "coach", "api"]


def files(report):
    """Yields (path, lines covered, lines that can be) of either tool."""
    if "data" in report:
        for file in report["data"][0]["files"]:
            lines = file["summary"]["lines"]
            yield file["filename"], lines["covered"], lines["count"]
    else:
        for file in report["files"]:
            path = "/".join(file["path"]) if isinstance(file["path"], list) else file["path"]
            yield path.replace("//", "/"), file["covered"], file["coverable"]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    totals = {crate: [0, 0] for crate in CRATES}
    for path, covered, coverable in files(json.load(open(sys.argv[1], encoding="utf-8"))):
        absolute = pathlib.Path(path)
        if not absolute.is_relative_to(root):
            continue
        crate = absolute.relative_to(root).parts[0]
        if crate in totals:
            totals[crate][0] += covered
            totals[crate][1] += coverable
    totals["all"] = [sum(t[0] for t in totals.values()), sum(t[1] for t in totals.values())]
    print(f"{'crate':<8} {'covered':>8} {'of':>7} {'%':>6}")
    for crate, (covered, coverable) in totals.items():
        share = 100 * covered / coverable if coverable else 0.0
        print(f"{crate:<8} {covered:>8} {coverable:>7} {share:>6.1f}")


main()
