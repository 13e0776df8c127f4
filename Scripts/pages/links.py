"""Internal links, identifiers and outside references of a rendered site."""
import html.parser
import pathlib
import urllib.parse

# What a page fetches by itself. Links that a reader follows are none of these.
FETCHED = {("img", "src"), ("script", "src"), ("iframe", "src"), ("video", "src"), ("audio", "src"), ("source", "src"),
           ("video", "poster"), ("object", "data"), ("embed", "src")}
FETCHED_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}


class PageReader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.identifiers, self.twice, self.links, self.fetched, self.headings = set(), set(), [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if identifier := values.get("id"):
            (self.twice if identifier in self.identifiers else self.identifiers).add(identifier)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        for name, value in attributes:
            if value is None or name not in ("href", "src", "poster", "data"):
                continue
            relations = set((values.get("rel") or "").split())
            if (tag, name) in FETCHED or (tag == "link" and relations & FETCHED_RELATIONS):
                self.fetched.append(value)
            elif tag in ("link", "a", "area") and not relations & {"canonical"}:
                self.links.append(value)

    handle_startendtag = handle_starttag


def read(path):
    reader = PageReader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def check(site, base):
    """What is wrong with the links of a site, each a line of text.

    Addresses under `base`, the site's own, are looked up in its folder."""
    pages = {path: read(path) for path in sorted(site.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        name = path.relative_to(site)
        problems += [f"{name}: the identifier “{identifier}” is there twice" for identifier in sorted(page.twice)]
        for value in page.fetched:
            if urllib.parse.urlsplit(value).scheme not in ("", "data") or value.startswith("//"):
                problems.append(f"{name}: fetches {value} from elsewhere")
        for earlier, later in zip(page.headings, page.headings[1:]):
            if later > earlier + 1:
                problems.append(f"{name}: a heading of level {later} follows one of level {earlier}")
        if name.name != "404.html" and page.headings and page.headings.count(1) != 1:
            problems.append(f"{name}: {page.headings.count(1)} headings of level 1")
        for value in page.links + page.fetched:
            if problem := broken(value, path, site, base, pages):
                problems.append(f"{name}: {problem}")
    return problems


def broken(value, page, site, base, pages):
    # From the site's own address, or its place on the server, on.
    for start in filter(None, (base, urllib.parse.urlsplit(base).path)):
        if value.startswith(start):
            value, page = value[len(start):] or "index.html", site / "index.html"
    parts = urllib.parse.urlsplit(value)
    if parts.scheme or value.startswith("//"):
        return None
    target = page if not parts.path else pathlib.Path((page.parent / urllib.parse.unquote(parts.path)).resolve())
    if target.is_dir():
        target = target / "index.html"
    if not target.is_relative_to(site):
        return f"“{value}” leads out of the site"
    if not target.is_file():
        return f"“{value}” leads to no file"
    fragment = urllib.parse.unquote(parts.fragment)
    if fragment and target in pages and fragment != "top" and fragment not in pages[target].identifiers:
        return f"“{value}” leads to no place on its page"
    return None
