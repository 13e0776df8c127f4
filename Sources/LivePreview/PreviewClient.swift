/// The script that keeps an open page up to date.
enum PreviewClient {
    static let script = #"""
        (() => {
          const { root, page } = document.currentScript.dataset;
          const style = document.createElement("style");
          style.textContent = `
            .preview-bar { position: fixed; z-index: 99; inset: auto 1rem 1rem auto; display: flex; gap: .4rem; align-items: center; padding: .4rem .6rem; font: .8rem/1.4 var(--font-text, system-ui); color: var(--ink); background: var(--ground); border: 1px solid var(--edge); border-radius: .5rem; }
            .preview-bar button { font: inherit; min-height: 1.6rem; padding: 0 .6rem; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: .3rem; cursor: pointer; }
            .cell[data-preview] { border-inline-start: .2rem solid var(--line); padding-inline-start: .6rem; margin-inline-start: -.8rem; }
            .cell[data-preview="running"] { border-color: var(--note); }
            .cell[data-preview="stale"] { border-color: var(--warning); }
            .cell[data-preview="stale"] .output { opacity: .65; }
            .cell[data-preview="failed"] { border-color: var(--error); }
            .preview-message { margin: .3rem 0; padding: .2rem .6rem; font: .8rem/1.5 var(--font-code, monospace); color: var(--error); background: var(--error-ground); border-inline-start: .2rem solid; }
            .preview-message.warning { color: var(--warning); background: var(--warning-ground); }
            .preview-mark { position: absolute; inset-inline: 0; pointer-events: none; background: var(--error); opacity: .18; }
            @media print { .preview-bar { display: none; } }`;
          document.head.append(style);

          const bar = document.createElement("div");
          bar.className = "preview-bar";
          bar.setAttribute("role", "status");
          const status = document.createElement("span");
          status.textContent = "connecting";
          bar.append(status);
          for (const [action, title] of [["run", "Run"], ["interrupt", "Interrupt"], ["restart", "Restart"]]) {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = title;
            button.onclick = () => fetch(root + "_galley/" + action, { method: "POST", headers: { "X-Galley": "preview" } });
            bar.append(button);
          }
          document.body.append(bar);

          const elements = (html) => {
            const template = document.createElement("template");
            template.innerHTML = html;
            return [...template.content.children];
          };
          const reload = () => location.reload();

          // What stands around the body: title, header, contents, footer.
          const refreshFrame = async () => {
            const response = await fetch(location.href);
            if (!response.ok) return reload();
            const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
            document.title = fresh.title;
            for (const selector of [".post-header", "details.toc", ".post-footer"]) {
              const before = document.querySelector(selector), after = fresh.querySelector(selector);
              if (!before !== !after) return reload();
              if (before && before.outerHTML !== after.outerHTML) {
                if ("open" in before) after.open = before.open;
                before.replaceWith(after);
              }
            }
            const links = (d) => [...d.querySelectorAll("link[rel=stylesheet]")].map((l) => l.getAttribute("href")).join();
            if (links(document) !== links(fresh)) reload();
          };

          const change = async (data) => {
            const body = document.querySelector(".post-body");
            if (data.reload || !body || body.children.length !== data.count) return reload();
            const old = [...body.children];
            // The first element in view stays where it is.
            const anchor = old.find((e) => e.getBoundingClientRect().bottom > 0);
            const before = anchor?.getBoundingClientRect().top;
            body.replaceChildren(...data.pieces.flatMap((p) => (typeof p === "number" ? [old[p]] : elements(p))));
            if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
            document.dispatchEvent(new Event("galley-change"));
            if (data.frame) await refreshFrame();
          };

          let state;
          const show = () => {
            for (const node of document.querySelectorAll(".preview-message, .preview-mark")) node.remove();
            for (const node of document.querySelectorAll(".cell[data-preview]")) delete node.dataset.preview;
            if (!state) return;
            for (const [id, value] of Object.entries(state.cells)) {
              const cell = document.getElementById(id);
              if (cell && value !== "done") cell.dataset.preview = value;
            }
            for (const message of state.diagnostics) {
              const cell = message.cell && document.getElementById(message.cell);
              const note = document.createElement("p");
              note.className = "preview-message " + message.severity;
              note.textContent = (message.line ? "line " + message.line + ": " : "") + message.message;
              if (!cell) { document.querySelector(".post-body")?.before(note); continue; }
              const pre = cell.querySelector("pre");
              (pre?.closest(".copy-holder") || pre || cell).after(note);
              if (pre && message.line) {
                const box = getComputedStyle(pre), height = parseFloat(box.lineHeight);
                const mark = document.createElement("span");
                mark.className = "preview-mark";
                mark.style.height = height + "px";
                mark.style.top = parseFloat(box.paddingTop) + (message.line - 1) * height + "px";
                pre.style.position = "relative";
                pre.append(mark);
              }
            }
            const cells = Object.values(state.cells);
            const hasFailed = cells.includes("failed") || state.diagnostics.some((d) => d.severity === "error");
            status.textContent = state.running ? "running" : hasFailed ? "failed" : cells.includes("stale") ? "out of date" : "up to date";
          };

          let wasOpen = false;
          const events = new EventSource(root + "_galley/events");
          events.onopen = () => {
            // After a break the page may be behind.
            if (wasOpen) return reload();
            wasOpen = true;
            status.textContent = "connected";
          };
          events.onerror = () => { status.textContent = "no connection"; };
          events.addEventListener("change", async (event) => {
            const data = JSON.parse(event.data);
            if (data.page === page) { await change(data); show(); }
          });
          events.addEventListener("state", (event) => {
            const data = JSON.parse(event.data);
            if (data.page === page) { state = data; show(); }
          });
        })();
        """#
}
