#!/usr/bin/env python3
"""Bytes of a page of 30 cells, and the time to its largest paint in headless Chromium with scripts off, from loopback.

    Benchmarks/site/paint.py [--runs 9] [PAGE.html]

GALLEY names the command (else .build/release/galley). Without a page, one of 30 cells with prose, a table and a formula each is run and
rendered first. The time is the last candidate of Chromium's own trace, from the start of the navigation, with an empty cache.
"""
import argparse
import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Scripts/pages"))
import chromium  # noqa: E402


def largest_paint(browser, address):
    """Milliseconds from the start of the navigation to the largest paint, and the requests made on the way."""
    page = browser.page()
    page.emulate(1280)
    page.scripts(False)
    page.call("Network.setCacheDisabled", cacheDisabled=True)
    browser.call("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": ["loading", "blink.user_timing"]}})
    page.navigate(address)
    time.sleep(0.5)
    requests = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    browser.call("Tracing.end")
    deadline = time.monotonic() + 30
    while not any(event["method"] == "Tracing.tracingComplete" for event in browser.events):
        browser.receive(deadline, "Tracing.end")
    trace = [e for event in browser.events if event["method"] == "Tracing.dataCollected" for e in event["params"]["value"]]
    browser.events = []
    page.close()
    starts = [e["ts"] for e in trace if e["name"] == "navigationStart" and e["args"].get("data", {}).get("documentLoaderURL") == address]
    paints = [e["ts"] for e in trace if e["name"] == "largestContentfulPaint::Candidate"]
    if not starts or not paints:
        sys.exit("the trace tells of no paint")
    return (max(paints) - starts[-1]) / 1000, requests


def rendered(folder):
    spec = importlib.util.spec_from_file_location("bench", ROOT / "Benchmarks/notebooks/bench.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    (folder / "page.md").write_text(bench.notebook(30, "swift"))
    galley = os.environ.get("GALLEY") or str(ROOT / ".build/release/galley")
    subprocess.run([galley, "render", str(folder / "page.md"), "--output", str(folder / "out"), "--quiet"], check=True)
    return folder / "out/page.html"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page", nargs="?", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="galley-paint-") as folder:
        page = options.page or rendered(pathlib.Path(folder))
        beside = sum(f.stat().st_size for f in (page.parent / "assets").rglob("*") if f.suffix in (".css", ".js"))
        print(f"{page.stat().st_size} bytes, {beside} bytes of style sheet and script beside it")
        with chromium.served(page.parent) as root, chromium.Chromium() as browser:
            results = [largest_paint(browser, root + page.name) for _ in range(options.runs)]
            outside = {url for _, urls in results for url in urls if not url.startswith((root, "data:"))}
    times = [milliseconds for milliseconds, _ in results]
    print(f"largest paint: median {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f}), {len(outside)} requests elsewhere")


if __name__ == "__main__":
    main()
