// Light or dark as the reader's system has it; on paper always light.
Report.theme = (() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const listeners = [];
  let printing = paper.matches;

  function tell() {
    for (const listener of listeners) listener();
  }

  function print(now) {
    if (now === printing) return;
    printing = now;
    document.documentElement.classList.toggle("printing", now);
    for (const fold of document.querySelectorAll("details")) {
      if (now && !fold.open) fold.dataset.opened = fold.open = true;
      else if (!now && fold.dataset.opened) delete fold.dataset.opened, (fold.open = false);
    }
    tell();
  }

  dark.addEventListener("change", tell);
  paper.addEventListener("change", (event) => print(event.matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  return {
    get printing() {
      return printing;
    },
    get name() {
      return dark.matches && !printing ? "dark" : "light";
    },
    get colours() {
      return Report.content.themes[this.name];
    },
    onChange: (listener) => listeners.push(listener),
  };
})();
