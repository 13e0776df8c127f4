#!/usr/bin/env python3
"""Writes a site of prose pages, each with a table, mathematics and code, for Galley and for Hugo.

usage: make_pages.py COUNT FOLDER        makes FOLDER/galley, FOLDER/hugo and FOLDER/hugo-plain with the same text

Hugo sets formulas as MathML when it builds (transform.ToMath, KaTeX in WebAssembly) in FOLDER/hugo, as Galley does; in
FOLDER/hugo-plain it passes the TeX through for a script on the page.
"""
import pathlib
import random
import sys

WORDS = """weight memory token layer cache value byte model query attention prompt head norm block scale sample
number measure error bit exponent mantissa range device host buffer stream kernel batch step gradient vector matrix""".split()


def prose(rng, count):
    words = [rng.choice(WORDS) for _ in range(count)]
    for i in range(0, count, 13):
        words[i] = f"*{words[i]}*" if i % 2 else f"**{words[i]}**"
    return " ".join(words).capitalize() + "."


def page(number, count, links):
    rng = random.Random(number)
    rows = "\n".join(f"| {rng.choice(WORDS)} | {rng.randrange(10_000)} | {rng.random():.4f} |" for _ in range(6))
    other = (number * 7 + 1) % count
    return f"""{prose(rng, 120)} See [page {other}]({links(other)}).

## {rng.choice(WORDS).capitalize()} {number}

{prose(rng, 90)}

| name | count | share |
| --- | ---: | ---: |
{rows}

## {rng.choice(WORDS).capitalize()} and {rng.choice(WORDS)}

$$ w_i = \\frac{{c_i \\cdot a_{{{number % 10}}}}}{{127}} + \\sum_{{k=1}}^{{n}} x_k^2 $$

{prose(rng, 90)}

```python
def dequantise(codes, absmax, block={number}):
    return [c * absmax[i // block] / 127 for i, c in enumerate(codes)]
```

- {prose(rng, 12)}
- {prose(rng, 12)}

{prose(rng, 90)}
"""


def write(folder, count):
    galley = folder / "galley"
    (galley / "posts").mkdir(parents=True, exist_ok=True)
    (galley / "site.yaml").write_text("title: Bench\nurl: https://example.org/\n")
    for number in range(count):
        (galley / "posts" / f"p{number}.md").write_text(front_matter(number) + page(number, count, lambda n: f"p{n}.md"))
    for name, sets_math in (("hugo", True), ("hugo-plain", False)):
        write_hugo(folder / name, count, sets_math)


def front_matter(number):
    tags = [WORDS[number % 10], WORDS[10 + number % 7]]
    date = f"{2020 + number % 6}-{1 + number % 12:02}-{1 + number % 28:02}"
    return f"---\ntitle: Page {number}\ndate: {date}\ntags: [{', '.join(tags)}]\n---\n\n"


def write_hugo(hugo, count, sets_math):
    (hugo / "content" / "posts").mkdir(parents=True, exist_ok=True)
    (hugo / "hugo.toml").write_text(
        'baseURL = "https://example.org/"\ntitle = "Bench"\n[markup.goldmark.extensions.passthrough]\nenable = true\n'
        '[markup.goldmark.extensions.passthrough.delimiters]\nblock = [["$$", "$$"]]\n[markup.goldmark.renderer]\nunsafe = true\n')
    layouts = hugo / "layouts" / "_default"
    (layouts / "_markup").mkdir(parents=True, exist_ok=True)
    (layouts / "_markup" / "render-passthrough.html").write_text(
        not sets_math and '{{ .Inner }}' or '{{ transform.ToMath .Inner (dict "displayMode" (eq .Type "block") "output" "mathml") }}')
    frame = ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head><body>'
             '<header><a href="{{ "/" | relURL }}">{{ site.Title }}</a></header><main>{{ block "main" . }}{{ end }}</main>'
             '<footer>{{ site.Title }}</footer></body></html>')
    (layouts / "baseof.html").write_text(frame)
    (layouts / "single.html").write_text(
        '{{ define "main" }}<h1>{{ .Title }}</h1><p>{{ .Date.Format "2 January 2006" }} {{ .ReadingTime }} min</p>'
        '{{ .TableOfContents }}{{ .Content }}{{ range .GetTerms "tags" }}<a href="{{ .RelPermalink }}">{{ .LinkTitle }}</a>{{ end }}{{ end }}')
    (layouts / "list.html").write_text(
        '{{ define "main" }}<h1>{{ .Title }}</h1>{{ range .RegularPagesRecursive }}<h2><a href="{{ .RelPermalink }}">'
        '{{ .Title }}</a></h2><p>{{ .Summary | plainify | truncate 160 }}</p>{{ end }}{{ end }}')
    for number in range(count):
        (hugo / "content" / "posts" / f"p{number}.md").write_text(front_matter(number) + page(number, count, lambda n: f"../p{n}/"))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[2]), int(sys.argv[1]))
