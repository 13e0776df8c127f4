"""What formulas look like in a browser: ours beside KaTeX's own HTML, measured."""
import collections
import html
import pathlib
import re
import unicodedata

# Everything that is compared, for each formula of ours (`.ours math`) and KaTeX's (`.theirs`). Lengths are in em of the formula.
MEASURE = """(() => {
  const ink = (range) => [...range.getClientRects()].filter((r) => r.width > 0);
  const letters = (root) => {
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      if (node.parentElement.closest('annotation, mphantom, .katex-mathml')) continue;
      const style = getComputedStyle(node.parentElement);
      if (style.visibility === 'hidden' || style.color === 'rgba(0, 0, 0, 0)') continue;
      let offset = 0;
      for (const sign of node.textContent) {
        const range = document.createRange();
        range.setStart(node, offset); range.setEnd(node, offset += sign.length);
        const box = ink(range)[0];
        if (box && sign.trim()) {
          found.push({ sign, x: (box.left + box.right) / 2, left: box.left, right: box.right, y: (box.top + box.bottom) / 2,
                       bold: +style.fontWeight >= 600, family: style.fontFamily, color: style.color,
                       italic: style.fontStyle === 'italic' || style.textTransform.includes('math-auto') && node.textContent.length === sign.length });
        }
      }
    }
    return found;
  };
  const shown = (width, kind) => parseFloat(width) > 0 && kind !== 'none' && kind !== 'hidden';
  return [...document.querySelectorAll('.pair')].map((pair) => {
    const ours = pair.querySelector('.ours'), theirs = pair.querySelector('.theirs'), math = ours.querySelector('math');
    if (!math) return { source: pair.dataset.source, missing: true };
    const size = parseFloat(getComputedStyle(math).fontSize), katexSize = parseFloat(getComputedStyle(theirs.querySelector('.katex') || theirs).fontSize);
    const scaled = (root, size) => {
      const base = root.getBoundingClientRect(), all = letters(root);
      return all.map((l) => ({ ...l, x: (l.x - base.left) / size, left: (l.left - base.left) / size, right: (l.right - base.left) / size, y: (l.y - base.top) / size }));
    };
    const tables = [...math.querySelectorAll('mtable')].map((table) => [...table.children].map((row) => [...row.children].map((cell) => {
      const all = letters(cell), style = getComputedStyle(cell), box = cell.getBoundingClientRect();
      return { letters: all.length, left: all.length ? Math.min(...all.map((l) => l.left)) : null, right: all.length ? Math.max(...all.map((l) => l.right)) : null,
               y: all.length ? all[0].y : null, cellLeft: box.left, cellRight: box.right, align: style.textAlign };
    })));
    let rules = 0, boxes = 0, strikes = 0;
    for (const element of math.querySelectorAll('*')) {
      const style = getComputedStyle(element), sides = ['Top', 'Right', 'Bottom', 'Left'].filter((s) => shown(style[`border${s}Width`], style[`border${s}Style`]));
      if (element.localName === 'mtd') rules += sides.length; else if (sides.length === 4) boxes++; else if (sides.length) rules++;
      if (style.backgroundImage !== 'none') strikes++;
    }
    return {
      source: pair.dataset.source, size, katexSize, width: math.getBoundingClientRect().width, room: ours.getBoundingClientRect().right,
      ours: scaled(math, size), theirs: scaled(theirs.querySelector('.katex-html') || theirs, katexSize), tables, rules, boxes, strikes,
      katex: {
        rules: theirs.querySelectorAll('.vertical-separator, .hline, .hdashline, .overline-line, .underline-line').length,
        boxes: theirs.querySelectorAll('.fbox, .fcolorbox').length, strikes: theirs.querySelectorAll('.sout, svg line').length,
        tags: theirs.querySelectorAll('.tag, .eqn-num').length, error: theirs.querySelector('.katex-error')?.title || '',
      },
      strangers: [...math.querySelectorAll('*')].filter((e) => e.namespaceURI === 'http://www.w3.org/1999/xhtml' && !e.closest('mtext')).map((e) => e.localName),
    };
  });
})()"""


def read(path):
    """Formulas as (source, is display), `$$` before those of their own line."""
    lines = [line for line in pathlib.Path(path).read_text().splitlines() if line]
    return [(line.removeprefix("$$"), line.startswith("$$")) for line in lines]


def notebook(formulas):
    """A notebook that holds them, each a paragraph of its own."""
    return "---\ntitle: Formulas\n---\n\n" + "\n\n".join(f"$$\n{tex}\n$$" if display else f"${tex}$" for tex, display in formulas) + "\n"


def markup(page):
    """Every formula of a page, in order; what could not be set is its source."""
    body = page[page.index("<main"):]
    return re.findall(r'<math xmlns.*?</annotation></semantics></math>|<code class="math-source">.*?</code>', body, re.S)


def beside_katex(formulas, maths, katex):
    """A page with each formula in a row beside KaTeX's HTML."""
    rows = []
    for (tex, display), math in zip(formulas, maths):
        rows.append(f'<div class="pair" data-source="{html.escape(tex)}"><div class="ours">{math}</div>'
                    f'<div class="theirs" data-display="{int(display)}">{html.escape(tex)}</div></div>')
    style = """body { font: 20px/1.5 serif; margin: 8px } math { font-family: "Latin Modern Math", "DejaVu Math TeX Gyre", math; font-size: 1.21em }
      math[display], .katex-display { margin: 0 } .katex { white-space: nowrap } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1em; border-bottom: 1px solid #ccc; padding: 4px; align-items: center }
      .pair > div { min-width: 0; overflow: hidden }"""
    script = """for (const place of document.querySelectorAll('.theirs')) {
      katex.render(place.textContent, place, { displayMode: place.dataset.display === '1', output: 'html', strict: 'ignore', trust: true, throwOnError: false });
    }"""
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Formulas</title><link rel="stylesheet" href="{katex}/katex.min.css">'
            f'<script src="{katex}/katex.min.js"></script><style>{style}</style>{"".join(rows)}<script>{script}</script>')


FAMILIES = {"KaTeX_AMS": "double-struck", "KaTeX_Caligraphic": "script", "KaTeX_Script": "script", "KaTeX_Fraktur": "fraktur",
            "KaTeX_SansSerif": "sans-serif", "KaTeX_Typewriter": "monospace", "sans-serif": "sans-serif", "monospace": "monospace"}
ALPHABETS = {"DOUBLE-STRUCK": "double-struck", "SCRIPT": "script", "FRAKTUR": "fraktur", "BLACK-LETTER": "fraktur", "SANS-SERIF": "sans-serif",
             "MONOSPACE": "monospace"}


def letter(sign):
    """A letter or digit in its alphabet, such as `x bold`; nothing for other signs, which KaTeX often draws."""
    plain = unicodedata.normalize("NFKD", sign["sign"])[:1]
    if not plain.isascii() or not plain.isalnum():
        return None
    name = unicodedata.name(sign["sign"], "")
    kind = next((ALPHABETS[word] for word in ALPHABETS if word in name), None) or next((FAMILIES[f] for f in FAMILIES if sign["family"].startswith(f)), "")
    bold = sign["bold"] or "BOLD" in name
    # Slanting tells letters of formulas from words.
    italic = sign["italic"] and not name.startswith("MATHEMATICAL") or "ITALIC" in name or "PLANCK" in name
    slanted = " italic" if italic and not kind and plain.isalpha() else ""
    return f"{plain}{' bold' if bold else ''}{slanted}{' ' + kind if kind else ''}"


def letters(signs):
    """All of them, sorted, as KaTeX's order is not a reader's."""
    return sorted(filter(None, map(letter, signs)))


def width(signs):
    """From the first letter to the last, in em."""
    return max((s["right"] for s in signs), default=0) - min((s["left"] for s in signs), default=0)


# Where KaTeX's fonts lack the letters that Unicode has, or its words are drawn.
BETTER = {
    r"\mathbb{1}, \mathbb{k}, \mathbf{\alpha}, \mathcal{a1}, \mathfrak{a1}", r"\boldsymbol{\mathcal{L}}, \mathbf{\mathit{x}}, \mathrm{A_{bc}}, \mathbf{a+b}",
    r"\pmb{x}, \mathchoice{a}{b}{c}{d}, \verb|x y|, \LaTeX, \KaTeX",
    r"\Bbb x", r"\mathbb x", r"\cal x", r"\mathcal x", r"\mathscr x", r"\circledS x", r"\copyright x", r"\textcopyright x", r"\textregistered x",
    r"\KaTeX x", r"\LaTeX x", r"\TeX x",
}


def check(found):
    """What differs from KaTeX's, a line each."""
    problems = []
    for one in found:
        def wrong(what):
            problems.append(f"{one['source']}: {what}")
        if one.get("missing"):
            wrong("is not set")
            continue
        if one["katex"]["error"]:
            continue
        if one["strangers"]:
            wrong(f"elements that are HTML to a browser: {one['strangers']}")
        ours, theirs = letters(one["ours"]), letters(one["theirs"])
        only = [collections.Counter(a) - collections.Counter(b) for a, b in ((ours, theirs), (theirs, ours))]
        if any(only) and one["source"] not in BETTER:
            wrong(f"letters {sorted(only[0].elements())}, not {sorted(only[1].elements())}")
        there, theirs = width(one["ours"]), width(one["theirs"])
        if not any(only) and abs(there - theirs) > 0.35 * theirs + 0.5 and not one["katex"]["tags"]:
            wrong(f"{there:.1f} em wide, not {theirs:.1f}")
        for kind in ("boxes", "strikes"):
            if (one[kind] > 0) != (one["katex"][kind] > 0) and not re.search(r"\\(phase|angl|colorbox|fcolorbox)", one["source"]):
                wrong(f"{one[kind]} {kind}, KaTeX has {one['katex'][kind]}")
        if one["katex"]["rules"] > 0 and one["rules"] == 0:
            wrong("has no rules")
        problems += [f"{one['source']}: {problem}" for table in one["tables"] for problem in misaligned(table)]
    return problems


def misaligned(rows):
    """Cells whose content does not stand where their column's alignment has it."""
    problems = []
    columns = max((len(row) for row in rows), default=0)
    for column in range(columns):
        cells = [row[column] for row in rows if column < len(row) and row[column]["letters"]]
        for side in ("left", "right"):
            edges = [cell[side] for cell in cells if cell["align"].endswith(side)]
            if len(edges) == len(cells) > 1 and max(edges) - min(edges) > 9:
                problems.append(f"column {column + 1} is not aligned {side}: {[round(e) for e in edges]}")
    return problems
