#!/usr/bin/env python3
"""Times whole processes: a 20-cell notebook to finished HTML, by Galley and by its peers, in one run.

    Benchmarks/notebooks/bench.py [--runs 7] [--cells 20] [--json out.json]

Peers are measured where they are installed (pip install nbconvert ipykernel marimo myst-nb execnb; R with rmarkdown and pandoc),
each as its users run it: whole processes, caches on where the peer has one. What a page shows is checked before anything is timed: a fast wrong page is no result.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROSE = """
## Section {n}

Some *prose* with a [link](https://example.org), `code`, and $a_{n}^2 + b^2$.

| step | value |
| --- | ---: |
| {n} | {m} |
"""


def notebook(cells, language, last="total"):
    """The same small computation in every language: each cell adds to a total and prints it."""
    fence = {"swift": "```swift", "python": "```{python}", "r": "```{r}"}[language]
    lines = ["---", "title: Twenty cells", "---", ""]
    for n in range(1, cells + 1):
        lines.append(PROSE.format(n=n, m=n * n))
        value = f"{n} * {n}"
        if language == "swift":
            code = [f"let x{n} = {value}", f"let total{n} = {f'total{n - 1} + ' if n > 1 else ''}x{n}", f'print("total {n} is \\(total{n})")']
        elif language == "python":
            code = [f"x{n} = {value}", f"total{n} = {f'total{n - 1} + ' if n > 1 else ''}x{n}", f'print(f"total {n} is {{total{n}}}")']
        else:
            code = [f"x{n} <- {value}", f"total{n} <- {f'total{n - 1} + ' if n > 1 else ''}x{n}", f'cat("total", {n}, "is", total{n}, "\\n")']
        if n == cells:
            code.append({"swift": f'print("{last}")', "python": f'print("{last}")', "r": f'cat("{last}\\n")'}[language])
        lines += [fence, *code, "```", ""]
    return "\n".join(lines) + "\n"


def python_cell(n, cells, last=None):
    code = [f"x{n} = {n} * {n}", f"total{n} = {f'total{n - 1} + ' if n > 1 else ''}x{n}", f"print(f'total {n} is {{total{n}}}')"]
    return "\n".join(code + ([f'print("{last}")'] if last and n == cells else []))


def ipynb(cells, last=None):
    """The Python notebook as Jupyter has it."""
    body = []
    for n in range(1, cells + 1):
        body.append({"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": PROSE.format(n=n, m=n * n)})
        code = python_cell(n, cells, last)
        body.append({"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": code})
    return json.dumps({"cells": body, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
                       "nbformat": 4, "nbformat_minor": 5})


def marimo(cells):
    """The Python notebook as marimo has it: functions that take and return names."""
    lines = ["import marimo", "", "app = marimo.App()", "", "@app.cell", "def _():", "    import marimo as mo", "    return (mo,)"]
    for n in range(1, cells + 1):
        lines += ["", "@app.cell", "def _(mo):", f'    mo.md(r"""{PROSE.format(n=n, m=n * n)}""")', "    return"]
        lines += ["", "@app.cell", f"def _({f'total{n - 1}' if n > 1 else ''}):"]
        lines += ["    " + line for line in python_cell(n, cells).split("\n")] + [f"    return (total{n},)"]
    return "\n".join(lines + ["", 'if __name__ == "__main__":', "    app.run()", ""])


def myst(cells, last=None):
    """The Python notebook as MyST has it."""
    head = ["---", "file_format: mystnb", "kernelspec:", "  name: python3", "---", "", "# Twenty cells", ""]
    body = [f"{PROSE.format(n=n, m=n * n)}\n```{{code-cell}}\n{python_cell(n, cells, last)}\n```\n" for n in range(1, cells + 1)]
    return "\n".join(head + body)


class Bench:
    def __init__(self, runs, cells):
        self.runs, self.cells, self.results = runs, cells, {}
        self.folder = tempfile.mkdtemp(prefix="galley-bench-")
        self.expected = f"total {cells} is {sum(n * n for n in range(1, cells + 1))}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def time(self, name, command, page, prepare=lambda: None, status=0, expect=None, environment=None):
        seconds = []
        for _ in range(self.runs):
            prepare()
            start = time.perf_counter()
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env={**os.environ, **(environment or {})})
            seconds.append(time.perf_counter() - start)
            if done.returncode != status:
                sys.exit(f"{name}: exit status {done.returncode}\n{done.stderr}")
            shown = self.read(page) if page else done.stderr
            if (expect or self.expected) not in shown:
                sys.exit(f"{name}: the page does not show {expect or self.expected!r}")
        self.results[name] = {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "runs": len(seconds)}
        print(f"{name:50s} {statistics.median(seconds):7.3f} s   ({min(seconds):.3f} to {max(seconds):.3f})", flush=True)

    def galley(self):
        binary = os.environ.get("GALLEY") or os.path.join(ROOT, ".build/release/galley")
        command = [binary, "render", "post.md", "--output", "site", "--quiet"]
        cache = {"XDG_CACHE_HOME": self.path("cache")}
        page = "site/post.html"

        def forget(*names):
            for name in names:
                path = self.path(name)
                shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)

        def original():
            self.write("post.md", notebook(self.cells, "swift"))

        original()
        # What the compiler keeps of the standard library's modules is warmed once, as on a machine in use.
        subprocess.run(command, cwd=self.folder, env={**os.environ, **cache}, check=True)

        def cold():
            original()
            forget("post.ipynb", "site", "cache/galley/cells")

        self.time("galley, cold", command, page, cold, environment=cache)
        self.time("galley, compiled before, all run again", command, page, lambda: forget("post.ipynb", "site"), environment=cache)
        self.time("galley, unchanged", command, page, environment=cache)
        counter = iter(range(10_000))
        word = [""]

        def edit():
            original()
            subprocess.run(command, cwd=self.folder, env={**os.environ, **cache}, check=True)
            word[0] = f"edited {next(counter)}"
            self.write("post.md", notebook(self.cells, "swift", last=word[0]))

        self.time("galley, last cell edited", command, page, edit, environment=cache, expect="edited ")

        def mistake():
            self.write("post.md", notebook(self.cells, "swift").replace(f'print("total")', "print(totle)"))

        self.time("galley, a type error in the last cell", command, None, mistake, status=1, expect="totle", environment=cache)

    def knitr(self):
        chunks = "\n```{r setup, include=FALSE}\nknitr::opts_chunk$set(cache = TRUE)\n```\n"
        command = ["Rscript", "-e", "rmarkdown::render('peer.Rmd', quiet = TRUE)"]

        def text(last="total"):
            text = notebook(self.cells, "r", last=last)
            # knitr follows what a chunk rests on where it is told to.
            head, rest = text.split("---\n\n", 1)
            self.write("peer.Rmd", head + "---\n" + chunks.replace("cache = TRUE", "cache = TRUE, autodep = TRUE") + rest)

        def cold():
            text()
            shutil.rmtree(self.path("peer_cache"), ignore_errors=True)

        counter = iter(range(10_000))
        self.time("rmarkdown and knitr, cold", command, "peer.html", cold)
        self.time("rmarkdown and knitr, last cell edited, cached", command, "peer.html",
                  lambda: text(f"edited {next(counter)}"), expect="edited ")
        self.time("rmarkdown and knitr, unchanged, cached", command, "peer.html")

    def sphinx(self):
        os.makedirs(self.path("book"), exist_ok=True)
        self.write("book/conf.py", 'extensions = ["myst_nb"]\nnb_execution_mode = "cache"\nhtml_theme = "basic"\nmyst_enable_extensions = ["dollarmath"]\n')
        command = ["sphinx-build", "-q", "-b", "html", "book", "book/out"]

        def cold():
            self.write("book/index.md", myst(self.cells))
            for name in ["book/out", "book/.jupyter_cache"]:
                shutil.rmtree(self.path(name), ignore_errors=True)

        counter = iter(range(10_000))
        self.time("myst-nb, cold", command, "book/out/index.html", cold)
        self.time("myst-nb, last cell edited, cached", command, "book/out/index.html",
                  lambda: self.write("book/index.md", myst(self.cells, f"edited {next(counter)}")), expect="edited ")
        self.time("myst-nb, unchanged", command, "book/out/index.html")

    def peers(self):
        if shutil.which("jupyter-nbconvert"):
            self.write("peer.ipynb", ipynb(self.cells))
            self.time("nbconvert --execute", ["jupyter-nbconvert", "--execute", "--to", "html", "peer.ipynb"], "peer.html")
        if shutil.which("marimo"):
            self.write("peer.py", marimo(self.cells))
            self.time("marimo export html", ["marimo", "export", "html", "peer.py", "-o", "marimo.html", "--force"], "marimo.html")
        if shutil.which("sphinx-build"):
            self.sphinx()
        if shutil.which("exec_nb"):
            self.write("peer.ipynb", ipynb(self.cells))
            self.time("execnb, without HTML", ["exec_nb", "peer.ipynb", "--dest", "executed.ipynb"], "executed.ipynb")
        if shutil.which("Rscript") and shutil.which("pandoc"):
            self.knitr()
        self.write("all.swift", "\n".join(
            f'let x{n} = {n} * {n}\nlet total{n} = {f"total{n - 1} + " if n > 1 else ""}x{n}\nprint("total {n} is \\(total{n})")'
            for n in range(1, self.cells + 1)))
        self.time("swiftc -Onone of all cells as one file, and a run",
                  ["sh", "-c", "swiftc -Onone all.swift -o all && ./all > all.txt"], "all.txt")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--json")
    options = parser.parse_args()
    bench = Bench(options.runs, options.cells)
    try:
        bench.galley()
        bench.peers()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(bench.results, file, indent=2)


if __name__ == "__main__":
    main()
