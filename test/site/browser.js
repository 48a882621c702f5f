/** The script of the site: theme, and a search that loads what it needs when it is first used. Works from disk, without a server. */
(() => {
  const root = document.body.dataset.root;
  const input = document.getElementById("search");
  const found = document.getElementById("found");

  const load = (src) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: root + src, onload: done, onerror: failed });
      document.head.append(script);
    });

  let searching;
  const index = () => {
    searching ??= Promise.all([load("lunr.js"), load("sections.js")]).then(() => {
      const { lunr, crucibleSections: sections } = window;
      lunr.tokenizer.separator = /[\s\-.,:;()[\]{}|`"'/#]+/;
      return lunr(function build() {
        this.ref("at");
        this.field("title", { boost: 8 });
        this.field("page", { boost: 3 });
        this.field("text");
        this.pipeline.remove(lunr.stopWordFilter);
        this.searchPipeline.remove(lunr.stopWordFilter);
        for (const [at, section] of sections.entries()) this.add({ at, ...section });
      });
    });
    return searching;
  };

  /** Sections that have every word of the query, the last as a beginning; else those that have any. */
  const search = (made, words) => {
    const { lunr } = window;
    const ask = (presence) =>
      made.query((query) => {
        for (const [i, word] of words.entries()) {
          const isLast = i === words.length - 1;
          query.term(word, { boost: 10, presence: isLast ? lunr.Query.presence.OPTIONAL : presence });
          if (isLast) query.term(word, { usePipeline: false, wildcard: lunr.Query.wildcard.TRAILING, presence });
        }
      });
    const all = ask(lunr.Query.presence.REQUIRED);
    return all.length > 0 ? all : ask(lunr.Query.presence.OPTIONAL);
  };

  const excerpt = (text, words) => {
    const at = Math.max(0, ...words.map((word) => text.toLowerCase().indexOf(word)));
    return `${at > 40 ? "… " : ""}${text.slice(Math.max(0, at - 40), at + 110)}`;
  };

  const line = ({ address, title, page, text }, words) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const below = document.createElement("small");
    link.href = root + address;
    link.textContent = title === page ? title : `${page}: ${title}`;
    below.textContent = excerpt(text, words);
    link.append(below);
    item.append(link);
    return item;
  };

  const update = async () => {
    const asked = input.value;
    const words = asked
      .toLowerCase()
      .split(/[\s\-.,:;()[\]{}|`"'/#]+/)
      .filter(Boolean);
    if (words.length === 0) {
      found.hidden = true;
      return;
    }
    const hits = search(await index(), words).slice(0, 12);
    if (input.value !== asked) return; // a later letter has its own answer
    const none = document.createElement("p");
    none.textContent = "Nothing is found.";
    const sections = window.crucibleSections;
    found.replaceChildren(...(hits.length > 0 ? hits.map(({ ref }) => line(sections[Number(ref)], words)) : [none]));
    found.hidden = false;
  };

  input.addEventListener("focus", () => void index(), { once: true });
  input.addEventListener("input", () => void update());
  document.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "/" && !/^(input|textarea|select)$/i.test(document.activeElement?.tagName ?? "")) input.focus();
    else if (event.key === "Escape") found.hidden = true;
    else if (event.key === "Enter" && document.activeElement === input && !found.hidden) links[0]?.click();
    else if (event.key === "ArrowDown" && !found.hidden) (links[at + 1] ?? links[0])?.focus();
    else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? input).focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest(".find") || target.closest("#found a")) found.hidden = true;
  });
})();
