"""Checks of the Atom feed (RFC 4287), the JSON feed (version 1.1) and the sitemap (sitemaps.org 0.9) of a site."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as tree

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?")


def atom(path):
    """RFC 4287's demands on a feed and its entries."""
    try:
        feed = tree.parse(path).getroot()
    except tree.ParseError as error:
        return [f"feed.xml: {error}"]
    if feed.tag != ATOM + "feed":
        return ["feed.xml: the root is no Atom feed"]
    problems = []

    def one(element, name, what):
        found = element.findall(ATOM + name)
        if len(found) != 1:
            problems.append(f"feed.xml: {what} has {len(found)} of <{name}>")
        return (found[0].text or "") if found else ""

    def time(text, what):
        if not TIMESTAMP.fullmatch(text):
            problems.append(f"feed.xml: {what}: “{text}” is no time of RFC 3339")

    entries = feed.findall(ATOM + "entry")
    identifiers = [one(feed, "id", "the feed")] + [one(entry, "id", "an entry") for entry in entries]
    problems += [f"feed.xml: the id “{i}” is there twice" for i in sorted({i for i in identifiers if identifiers.count(i) > 1})]
    problems += [f"feed.xml: the id “{i}” is no absolute address" for i in identifiers if not re.match(r"[a-z][a-z0-9+.-]*:", i)]
    one(feed, "title", "the feed")
    time(one(feed, "updated", "the feed"), "the feed")
    if not any(link.get("rel") == "self" for link in feed.findall(ATOM + "link")):
        problems.append("feed.xml: no link to itself")
    has_author = feed.find(ATOM + "author") is not None
    for entry in entries:
        name = one(entry, "title", "an entry")
        time(one(entry, "updated", name), name)
        if not has_author and entry.find(ATOM + "author") is None:
            problems.append(f"feed.xml: {name} has no author")
        if entry.find(ATOM + "content") is None or not (entry.find(ATOM + "content").text or "").strip():
            problems.append(f"feed.xml: {name} has no content")
        for link in entry.findall(ATOM + "link"):
            if not re.match(r"https?://", link.get("href", "")):
                problems.append(f"feed.xml: {name}: the link “{link.get('href')}” is not absolute")
        body = entry.findtext(ATOM + "content") or ""
        problems += [f"feed.xml: {name}: the address “{value}” in its content is not absolute"
                     for value in re.findall(r'<(?:a|img)\b[^>]*?\s(?:href|src)="([^"]*)"', body)
                     if not re.match(r"[a-z][a-z0-9+.-]*:", value)]
    return problems


def json_feed(path):
    """jsonfeed.org/version/1.1's demands."""
    try:
        feed = json.loads(path.read_text())
    except ValueError as error:
        return [f"feed.json: {error}"]
    problems = []
    kinds = {"version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str, "language": str, "authors": list,
             "items": list}
    item_kinds = {"id": str, "url": str, "title": str, "content_html": str, "content_text": str, "summary": str, "image": str,
                  "date_published": str, "date_modified": str, "authors": list, "tags": list, "language": str}

    def typed(value, kinds, what):
        for key, kind in kinds.items():
            if key in value and not isinstance(value[key], kind):
                problems.append(f"feed.json: {what}: “{key}” is no {kind.__name__}")
        problems.extend(f"feed.json: {what}: “{key}” is unknown" for key in value if key not in kinds and not key.startswith("_"))

    typed(feed, kinds, "the feed")
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        problems.append("feed.json: the version is not 1.1")
    for key in ("title", "items"):
        if key not in feed:
            problems.append(f"feed.json: “{key}” is missing")
    seen = set()
    for item in feed.get("items", []):
        what = item.get("title") or item.get("id") or "an item"
        typed(item, item_kinds, what)
        if not item.get("id") or item["id"] in seen:
            problems.append(f"feed.json: {what}: its id is missing or there twice")
        seen.add(item.get("id"))
        if not ("content_html" in item or "content_text" in item):
            problems.append(f"feed.json: {what} has no content")
        problems += [f"feed.json: {what}: “{item[key]}” is no time of RFC 3339" for key in ("date_published", "date_modified")
                     if key in item and not TIMESTAMP.fullmatch(item[key])]
    return problems


def sitemap(path, site, base):
    """The schema's demands, and that every page that may be found is listed, once, and is there."""
    try:
        root = tree.parse(path).getroot()
    except tree.ParseError as error:
        return [f"sitemap.xml: {error}"]
    if root.tag != SITEMAP + "urlset":
        return ["sitemap.xml: the root is no <urlset>"]
    problems, listed = [], []
    for url in root:
        names = [child.tag.removeprefix(SITEMAP) for child in url]
        if url.tag != SITEMAP + "url" or names not in (["loc"], ["loc", "lastmod"]):
            problems.append(f"sitemap.xml: an entry holds {names}")
            continue
        location = url.findtext(SITEMAP + "loc")
        listed.append(location)
        if not 12 <= len(location) <= 2048 or not location.startswith(base):
            problems.append(f"sitemap.xml: {location} is none of the site's addresses")
        elif not (site / location[len(base):]).is_file() and not (site / location[len(base):] / "index.html").is_file():
            problems.append(f"sitemap.xml: {location} leads to no file")
        date = url.findtext(SITEMAP + "lastmod")
        if date is not None and not DATE.fullmatch(date):
            problems.append(f"sitemap.xml: “{date}” is no date")
    problems += [f"sitemap.xml: {location} is there twice" for location in sorted({u for u in listed if listed.count(u) > 1})]
    for page in sorted(site.rglob("*.html")):
        text = page.read_text()
        name = page.relative_to(site).as_posix()
        address = base + (name.removesuffix("index.html") if page.name == "index.html" else name)
        hidden = 'name="robots" content="noindex"' in text or page.name == "404.html"
        if hidden == (address in listed):
            problems.append(f"sitemap.xml: {address} {'should not be listed' if hidden else 'is missing'}")
    return problems


def by_schema(path, schema, kind):
    """What xmllint says of a file by a schema that the caller has."""
    result = subprocess.run([shutil.which("xmllint"), "--noout", f"--{kind}", str(schema), str(path)], capture_output=True, text=True)
    return [] if result.returncode == 0 else [f"{path.name}: {line}" for line in result.stderr.splitlines()[:5]]


def by_validator(path, sources, address):
    """The errors that the W3C's feed validator finds, and its warnings, where its sources are at hand."""
    sys.path.insert(0, str(pathlib.Path(sources)))
    import feedvalidator
    from feedvalidator.logging import Error, Warning as Doubt
    from feedvalidator.formatter.text_plain import Formatter
    with open(path, "rb") as file:
        events = feedvalidator.validateStream(file, firstOccurrenceOnly=1, base=address)["loggedEvents"]
    return tuple([f"{path.name}: {line}" for line in Formatter([e for e in events if isinstance(e, kind)])] for kind in (Error, Doubt))
