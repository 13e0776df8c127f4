#!/usr/bin/env python3
"""Measures what an author waits for while writing, and what a process costs that lives through it.

    Benchmarks/notebooks/live.py latency [--edits 20]    a save of a 20-cell notebook until the new output is in the page
    Benchmarks/notebooks/live.py reruns [--edits 2000]   memory of a process whose cell is edited again and again
    Benchmarks/notebooks/live.py plan                    planning 250, 500 and 1000 cells

Every output is checked before its time counts. `--galley` names the command; the default is the release build's.
"""
import argparse
import os
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import ROOT, notebook


class Live:
    """A `galley` that stays: what it writes is read as it comes, with a limit on every wait."""

    def __init__(self, arguments, folder, cache):
        environment = dict(os.environ, XDG_CACHE_HOME=cache)
        self.process = subprocess.Popen(arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = b""

    def wait_for(self, wanted, limit=60, descriptor=None):
        """The time at which `wanted` had come."""
        descriptor = descriptor or self.process.stdout.fileno()
        deadline = time.monotonic() + limit
        while wanted not in self.text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise SystemExit(f"no {wanted!r} within {limit} s; the end of what came: {self.text[-2000:]!r}")
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                raise SystemExit(f"it ended before {wanted!r}: {self.text[-2000:]!r}")
            self.text += piece
        now = time.monotonic()
        self.text = self.text[self.text.index(wanted) + len(wanted):]
        return now

    def hosts(self):
        children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in children.splitlines() if "cell-host" in line]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def save(path, text):
    """As editors do: a new file in the place of the old one."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def measure_latency(galley, folder, cache, edits):
    path = os.path.join(folder, "post.md")
    save(path, notebook(20, "swift", "edit first"))
    live = Live([galley, "preview", "post.md", "--no-open"], folder, cache)
    times = []
    try:
        live.wait_for(b"http://127.0.0.1:")
        while b"\n" not in live.text:
            live.text += os.read(live.process.stdout.fileno(), 4096)
        port, token = re.match(rb"(\d+)/(\w+)/", live.text).groups()
        live.wait_for(b"20 run")
        stream = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
        stream.sendall(b"GET /%s/_galley/events HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n" % (token, port))
        live.text = b""
        live.wait_for(b"event: state", 10, stream.fileno())
        for number in range(edits + 2):
            time.sleep(0.4 + 0.037 * (number % 7))
            live.text = b""
            # Interpolated, so that the source in the page is no match.
            mark = f"edit {number} is here"
            start = time.monotonic()
            save(path, notebook(20, "swift", f"edit \\({number}) is here"))
            times.append(live.wait_for(mark.encode(), 20, stream.fileno()) - start)
    finally:
        live.end()
    times = times[2:]
    print(f"a save until the new output is in the page, 20 cells, {len(times)} edits of the last cell:")
    print(f"  median {statistics.median(times):.3f} s, least {min(times):.3f} s, most {max(times):.3f} s")


def resident(process):
    with open(f"/proc/{process}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def measure_reruns(galley, folder, cache, edits):
    path = os.path.join(folder, "post.md")
    body = "```swift\nlet numbers = Array(0..<1000)\n```\n\n```swift\nlet turn = {}\nstruct Point {{ var x = turn }}\nprint(\"turn\", Point().x, numbers.count)\n```\n"
    save(path, body.format(-1))
    live = Live([galley, "run", "post.md", "--watch"], folder, cache)
    sizes = []
    try:
        live.wait_for(b"turn -1 1000")
        live.wait_for(b" run, ")
        host = live.hosts()[0]
        start = time.monotonic()
        for number in range(edits):
            save(path, body.format(number))
            live.wait_for(b"turn %d 1000" % number, 300)
            live.wait_for(b" run, ", 300)
            if number % max(1, edits // 20) == 0 or number == edits - 1:
                sizes.append((number + 1, resident(host), resident(live.process.pid)))
                print(f"  {number + 1:5} re-runs: host {sizes[-1][1]:.1f} MiB, command {sizes[-1][2]:.1f} MiB", flush=True)
        seconds = time.monotonic() - start
        assert live.hosts() == [host], "another process took the host's place"
    finally:
        live.end()
    growth = (sizes[-1][1] - sizes[0][1]) / max(1, sizes[-1][0] - sizes[0][0])
    print(f"{edits} re-runs in {seconds:.0f} s: the host grows by {growth * 1024:.0f} KiB a re-run")


def measure_plan(galley, folder, cache, edits):
    environment = dict(os.environ, XDG_CACHE_HOME=cache)
    for cells in (250, 500, 1000):
        save(os.path.join(folder, "post.md"), notebook(cells, "swift", "last"))
        times = []
        for _ in range(5):
            start = time.monotonic()
            done = subprocess.run([galley, "plan", "post.md"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
            times.append(time.monotonic() - start)
        assert done.returncode == 0 and len(done.stdout.splitlines()) == cells, done.stderr
        print(f"  {cells} cells: {statistics.median(times):.3f} s, {statistics.median(times) / cells * 1000:.2f} ms a cell")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["latency", "reruns", "plan"])
    parser.add_argument("--edits", type=int)
    parser.add_argument("--galley", default=os.path.join(ROOT, ".build", "release", "galley"))
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="galley-live-")
    try:
        cache = os.path.join(folder, "cache")
        measure = {"latency": measure_latency, "reruns": measure_reruns, "plan": measure_plan}[options.what]
        measure(options.galley, folder, cache, options.edits or (2000 if options.what == "reruns" else 20))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
