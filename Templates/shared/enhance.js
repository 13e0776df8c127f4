// Enhancements only: everything on the page reads without this file.
(() => {
  const root = document.documentElement;
  const make = (name, properties, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  // Light, dark or as the system says.
  const bar = document.querySelector(".site-header .site-bar") || document.querySelector(".site-footer .site-bar");
  if (bar) {
    const names = { "": "System", light: "Light", dark: "Dark" };
    const button = make("button", { type: "button", className: "scheme-switch" });
    const show = () => {
      const scheme = root.dataset.scheme || "";
      button.textContent = { "": "◐", light: "☀", dark: "☾" }[scheme];
      button.title = "Colours: " + names[scheme];
      button.setAttribute("aria-label", button.title);
    };
    button.onclick = () => {
      const next = { "": "light", light: "dark", dark: "" }[root.dataset.scheme || ""];
      if (next) root.dataset.scheme = next; else delete root.dataset.scheme;
      try { if (next) localStorage.setItem("scheme", next); else localStorage.removeItem("scheme"); } catch {}
      show();
    };
    show();
    bar.append(button);
  }

  // Copy buttons on source.
  const addCopyButtons = () => {
    if (!navigator.clipboard) return;
    for (const code of document.querySelectorAll("pre > code")) {
      const pre = code.parentElement;
      if (pre.closest(".output, .copy-holder")) continue;
      const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
      button.onclick = async () => {
        await navigator.clipboard.writeText(code.textContent.replace(/\n$/, ""));
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      };
      const holder = make("div", { className: "copy-holder" });
      pre.replaceWith(holder);
      holder.append(pre, button);
    }
  };

  // What scrolls sideways can be reached by the keyboard, also where the browser does not see to it.
  const scrollers = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0; else target.removeAttribute("tabindex");
    }
  });
  const watchScrollers = () => {
    for (const box of document.querySelectorAll("pre, .math-block, .math-scroll, .output.rich")) scrollers.observe(box);
  };

  // Notes on names: one stop of the keyboard for each piece of code, arrows from name to name, Escape puts a note away.
  const arrangeNames = () => {
    for (const code of document.querySelectorAll("code:not([data-arranged]):has(> .name, > * .name)")) {
      const names = [...code.querySelectorAll(".name")];
      code.dataset.arranged = "";
      names.forEach((name, index) => { name.tabIndex = index ? -1 : 0; });
      code.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const next = step && names[names.indexOf(event.target) + step];
        if (!next) return;
        event.preventDefault();
        event.target.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      });
    }
  };

  // Once now, and again for what a preview puts into the page.
  const dress = () => { addCopyButtons(); watchScrollers(); arrangeNames(); };
  dress();
  document.addEventListener("galley-change", dress);
  addEventListener("keydown", (event) => { if (event.key === "Escape") root.dataset.notes = "off"; });
  for (const kind of ["pointerover", "focusin"]) {
    addEventListener(kind, (event) => { if (event.target.closest?.(".name")) delete root.dataset.notes; });
  }

  // The table of contents opens beside the text and follows it.
  const toc = document.querySelector("details.toc");
  if (toc) {
    const wide = matchMedia("(min-width: 72rem)");
    const fit = () => { toc.open = wide.matches; };
    fit();
    wide.addEventListener("change", fit);
    const links = new Map();
    for (const link of toc.querySelectorAll("a")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading) links.set(heading, link);
    }
    const headings = [...links.keys()];
    let current;
    const follow = () => {
      const heading = headings.findLast((h) => h.getBoundingClientRect().top < 120) || headings[0];
      if (heading === current) return;
      if (current) links.get(current).removeAttribute("aria-current");
      current = heading;
      if (current) links.get(current).setAttribute("aria-current", "true");
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; follow(); });
    }, { passive: true });
    follow();
  }
})();
