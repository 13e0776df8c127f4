// The page that searches a site: looks through the index as one types. Which pages hold all of the words, those first that
// say them in their titles, headings and tags.
(() => {
  const form = document.querySelector("form.search");
  const field = form.elements.q;
  const status = document.querySelector(".search-status");
  const results = document.querySelector(".search-results");
  const shownPages = 30, shownSections = 3, around = 80;

  // Letters without their marks and in lower case: "Über" is found by "uber".
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  // The same, and for each of its letters where it stands in the text.
  const foldWithPlaces = (text) => {
    let folded = "";
    const places = [];
    let place = 0;
    for (const letter of text) {
      const part = fold(letter);
      for (let n = 0; n < part.length; n++) places.push(place);
      folded += part;
      place += letter.length;
    }
    return { folded, places: [...places, text.length] };
  };
  const termsOf = (query) => [...new Set(fold(query).split(/\s+/u).filter(Boolean))];
  const isLetter = (text, place) => place >= 0 && /[\p{L}\p{N}_]/u.test(text[place]);

  // How much a text says of a term: more where a word begins with it, a little more where it is said often.
  const weight = (folded, term) => {
    let place = folded.indexOf(term), count = 0, best = 0;
    while (place >= 0 && count < 20) {
      count += 1;
      best = Math.max(best, isLetter(folded, place - 1) ? 0.3 : isLetter(folded, place + term.length) ? 0.7 : 1);
      place = folded.indexOf(term, place + term.length);
    }
    return best && best + 0.1 * Math.log2(count);
  };

  // The parts of the index call this, one after another.
  const pages = [];
  self.galleySearch = (part) => {
    pages.push(...part.map(([path, title, tags, sections]) => ({
      path, title, foldedTitle: fold(title), foldedTags: fold(tags.join(" ")),
      sections: sections.map(([id, heading, text]) => ({ id, heading, text, foldedHeading: fold(heading), foldedText: fold(text) })),
    })));
    if (document.readyState === "complete") show();
  };
  addEventListener("load", () => show());

  const find = (terms) => {
    const found = [];
    for (const page of pages) {
      const sections = page.sections.map((section) => {
        const weights = terms.map((term) => 5 * weight(section.foldedHeading, term) + weight(section.foldedText, term));
        return { section, weights, score: weights.reduce((sum, one) => sum + one, 0) + 2 * weights.filter(Boolean).length };
      });
      let score = 0;
      const holdsAll = terms.every((term, index) => {
        const here = 10 * weight(page.foldedTitle, term) + 4 * weight(page.foldedTags, term)
          + Math.max(0, ...sections.map(({ weights }) => weights[index]));
        score += here;
        return here > 0;
      });
      if (!holdsAll) continue;
      const best = sections.filter(({ weights }) => weights.some(Boolean)).sort((a, b) => b.score - a.score).slice(0, shownSections);
      found.push({ page, score: score + (best[0]?.score || 0) * 0.1, sections: best.map(({ section }) => section) });
    }
    return found.sort((a, b) => b.score - a.score);
  };

  // A text, or the piece of it where the terms are, with the terms marked.
  const marked = (text, terms, isWhole) => {
    const { folded, places } = foldWithPlaces(text);
    const hits = [];
    for (const term of terms) {
      for (let place = folded.indexOf(term); place >= 0; place = folded.indexOf(term, place + term.length)) {
        hits.push([places[place], places[place + term.length]]);
      }
    }
    hits.sort((a, b) => a[0] - b[0]);
    let start = 0, end = text.length;
    if (!isWhole && text.length > 3 * around) {
      const first = hits[0]?.[0] ?? 0;
      start = first > around ? text.indexOf(" ", first - around) + 1 : 0;
      if (start > first) start = first;
      end = text.lastIndexOf(" ", start + 3 * around);
      if (end <= start) end = Math.min(text.length, start + 3 * around);
      if (text.length <= start + 3 * around) end = text.length;
    }
    const nodes = start > 0 ? ["… "] : [];
    let place = start;
    for (const [from, to] of hits) {
      if (from < place || to > end) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(from, to);
      nodes.push(text.slice(place, from), mark);
      place = to;
    }
    nodes.push(text.slice(place, end), end < text.length ? " …" : "");
    return nodes;
  };

  const link = (address, ...children) => {
    const node = document.createElement("a");
    node.href = address;
    node.append(...children);
    return node;
  };

  const show = () => {
    const terms = termsOf(field.value);
    if (!terms.length) {
      results.replaceChildren();
      status.textContent = "";
      return;
    }
    const found = find(terms);
    status.textContent = found.length ? `${form.dataset.found} ${found.length}` : form.dataset.none;
    results.replaceChildren(...found.slice(0, shownPages).map(({ page, sections }) => {
      const item = document.createElement("li");
      const address = form.dataset.root + page.path;
      item.append(link(address, ...marked(page.title, terms, true)));
      for (const section of sections) {
        const hit = document.createElement("p");
        if (section.heading) hit.append(link(`${address}#${encodeURIComponent(section.id)}`, ...marked(section.heading, terms, true)), " ");
        hit.append(...marked(section.text, terms, false));
        item.append(hit);
      }
      return item;
    }));
  };

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const address = new URL(location.href);
      if (field.value) address.searchParams.set("q", field.value); else address.searchParams.delete("q");
      // Not where the page is a file: browsers forbid it there.
      try { history.replaceState(null, "", address); } catch {}
      show();
    }, 80);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  field.value = new URLSearchParams(location.search).get("q") || "";
})();
