"""The bench of compression: `python tests/bench/compression/run.py [--peers none|all|a,b] [--families a,b] [--write]`.

Runs our compressor, and others where asked for, over the captures, and prints the figures of the bar:
what is saved, and what of the critical and of the ordinary content is still there. `--families` takes families
or single files (`git/log_patch`); `--captures` another folder of the same shape, which our forms have
not seen; `--missed N` shows so many missed needles a file; `--write` writes
`tests/bench/RESULTS.md` and its plot.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.bench.compression import peers, report, results, speed
from tests.bench.compression.corpus import BLIND, CAPTURES, captures
from tests.bench.compression.measure import Answer, Scored, score
from tests.bench.compression.needles.chosen import needles_of
from tests.bench.compression.process import run_all


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="none", help="none, all, or names with commas")
    parser.add_argument("--families", default="", help="families or single captures, with commas")
    parser.add_argument("--captures", type=Path, help="another folder of captures instead of ours")
    parser.add_argument("--missed", type=int, default=4, help="how many missed needles are shown a file")
    parser.add_argument("--worst", type=int, default=10, help="how many of the worst files are shown")
    parser.add_argument("--files", action="store_true", help="one line for every file")
    parser.add_argument("--work", default="", help="where peers are installed (default: a temporary folder)")
    parser.add_argument("--speed", action="store_true", help="20 MB as well: seconds, memory, growth")
    parser.add_argument(
        "--write", action="store_true", help=f"write {results.RESULTS.name} and its plot; implies --speed"
    )
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    started = time.perf_counter()
    folders = (asked.captures,) if asked.captures else (CAPTURES, BLIND)
    corpus = captures(filter(None, asked.families.split(",")), folders)
    needles = {capture.name: needles_of(capture) for capture in corpus}

    def scores(answers: Mapping[str, Answer]) -> list[Scored]:
        return [score(capture, needles[capture.name], answers[capture.name]) for capture in corpus]

    ours = scores(run_all(sys.executable, "sidecar", corpus, log=sys.stderr))
    print("\n".join(report.families(ours)))
    if asked.files:
        print("\n".join(report.each(ours)))
    print("\n".join(report.worst(ours, count=asked.worst, missed=asked.missed)))
    print("\n".join(report.bar(ours)))
    print("\n" + "\n".join(report.sizes(ours)))
    if any(item.answer.failed for item in ours):
        sys.exit("ours crashed: its speed and its peers can wait")
    paced = speed.pace(corpus)
    print(f"  {'tokens apart: MB/s; p50 ms':<52} {f'{paced.mb_per_s:.1f}; {paced.p50_ms:.1f}':>14}   >= 20; <= 3")
    print(f"  slowest for their size: {', '.join(f'{name} {took:.0f} ms' for name, took in paced.slowest) or 'none'}")
    names = {"none": (), "all": peers.NAMES}.get(asked.peers, asked.peers.split(","))
    with tempfile.TemporaryDirectory() as scratch:
        compared = peers.compare(names, corpus, Path(asked.work or scratch))
    scored = {"sidecar": ours, **{item.name: scores(item.answers) for item in compared if not item.reason}}
    if compared:
        print("\n".join(report.peers(scored)))
        print("\n".join(f"{item.name}: not installed: {item.reason}" for item in compared if item.reason))
    if asked.speed or asked.write:
        grown = speed.growth()
        print(f"20 MB: {grown.large_s:.1f} s, {grown.grown_mb:,.0f} MB of memory more, {grown.ratio:.1f} times 2 MB")
        if asked.write:
            results.write(scored, compared, paced, grown)
    print(f"took {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
