"""Runs axe-core over pages in Chromium."""
import importlib.util
import os
import pathlib

# WCAG 2.2 AA, and what its authors call best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(result =>
  result.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)})))"""


def script():
    """The text of axe-core: the file that AXE names, or the one of a Python package that carries it; None without."""
    paths = [os.environ.get("AXE")]
    for package in ("axe_playwright_python", "axe_core_python"):
        spec = importlib.util.find_spec(package)
        paths += [os.path.join(folder, "axe.min.js") for folder in (spec.submodule_search_locations if spec else [])]
    return next((pathlib.Path(path).read_text() for path in paths if path and os.path.isfile(path)), None)


def check(page, axe):
    """What axe-core finds on the page as it is shown, each a line of text."""
    page.evaluate(axe + ";0")
    found = page.evaluate(RUN % RULES)
    return [f"{v['id']} ({v['help']}): {node}".replace("\n", " ") for v in found for node in v["nodes"][:5]]
