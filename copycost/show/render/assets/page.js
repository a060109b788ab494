// The page: a title, a way to each section, and the sections in their order.
Report.tables = new Map();
Report.waiting = [];

Report.blocks = {
  lines(block) {
    const { element, name } = Report;
    if (!block.bullets) return block.lines.map(Report.line);
    return [element("ul", {}, ...block.lines.map((line) => element("li", {}, name(line))))];
  },

  entries(block) {
    const { element, name } = Report;
    const parts = block.entries.flatMap(([label, lines, table]) => {
      const said = lines.map(Report.line);
      if (table) {
        const act = () => Report.tables.get(table).search(label);
        said.push(element("button", { type: "button", class: "link", on: { click: act } }, "Show these cells"));
      }
      return [element("dt", {}, name(label)), element("dd", {}, ...said)];
    });
    return [element("dl", {}, ...parts)];
  },

  heading(block) {
    return [Report.element("h3", {}, Report.name(block.title))];
  },

  folded(block) {
    const { element, name } = Report;
    const inside = block.blocks.flatMap((own) => Report.blocks[own.kind](own));
    return [element("details", {}, element("summary", {}, name(block.title)), ...inside)];
  },

  table(block) {
    const view = new Report.TableView(block);
    Report.tables.set(block.name, view);
    return [view.element];
  },

  chart(block) {
    const host = Report.element("div", { class: "chart", "data-script": block.script });
    Report.waiting.push({ block, host });
    return [host];
  },
};

Report.line = (text) => {
  const { element, name } = Report;
  return element("p", {}, text.command === undefined ? name(text) : element("code", {}, text.command));
};

Report.build = () => {
  const { element, name, content } = Report;
  document.title = `${content.title} – copycost report`;
  const titled = content.sections.filter((section) => section.title);
  const links = titled.map((section) => element("li", {}, element("a", { href: `#${section.name}` }, section.title)));
  const sections = content.sections.map((section) => {
    if (!section.title) return element("section", { id: section.name });
    const heading = element("h2", { id: `${section.name}-title` }, section.title);
    return element("section", { id: section.name, "aria-labelledby": heading.id }, heading);
  });
  const header = element("header", {}, element("h1", {}, name(content.title)),
    element("nav", { "aria-label": "Sections" }, element("ul", {}, ...links)));
  const footer = element("footer", {}, element("p", {}, `Made with ${content.made_with}.`));
  document.body.append(header, element("main", {}, ...sections), footer);
  content.sections.forEach((section, place) => {
    for (const block of section.blocks) sections[place].append(...Report.blocks[block.kind](block));
  });
  document.documentElement.dataset.state = "text";
};

Report.build();
