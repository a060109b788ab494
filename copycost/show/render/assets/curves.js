// Lines over bytes or another number, in panels that share their axes.
Report.Curves = class {
  static MOST_PANELS = 12;

  constructor(block, host) {
    this.settings = block.settings;
    this.table = block.table;
    this.rows = Report.tables.get(block.table).rows;
    this.host = host;
    this.across = this.settings.across[0];
    this.quantity = this.settings.quantities[0];
    this.on = this.settings.facets.map((facet) => new Set(Array.from({ length: facet.on }, (_, at) => at)));
    this.lines = new Set(this.settings.styles.keys());
    this.marked = new Set(this.settings.marked);
    this.logarithmic = { x: this.across.logarithmic, y: true };
    this.zoomed = null;
    this.panels = new Map();
    this.build();
  }

  build() {
    const { element, choices } = Report;
    this.room = element("div", { class: "panels" });
    this.note = element("p", { class: "note", "aria-live": "polite" });
    this.bar = element("div", { class: "choices" });
    this.key = element("p", { class: "key" });
    const zooms = element("div", { class: "zooms", role: "group", "aria-label": "Zoom" },
      choices.button("+", () => this.step(0.5), "Zoom in"),
      choices.button("−", () => this.step(2), "Zoom out"),
      choices.button("Show all", () => this.zoom(null)));
    this.bar.append(...this.selects(), this.scales(), zooms, ...this.facets(), this.names());
    this.paper = element("p", { class: "paper names" });
    this.host.append(this.bar, this.paper, this.room, this.key, this.note);
  }

  selects() {
    const { quantities, across } = this.settings;
    const made = [];
    if (quantities.length > 1) {
      made.push(Report.choices.one("Show", quantities.map((one) => one.title), 0, (at) => this.set({ quantity: quantities[at] })));
    }
    if (across.length > 1) {
      made.push(Report.choices.one("Over", across.map((one) => one.title), 0, (at) => {
        this.logarithmic.x = across[at].logarithmic;
        this.set({ across: across[at] });
      }));
    }
    return made;
  }

  scales() {
    const { choices } = Report;
    const flag = (axis, text) => choices.flag(text, this.logarithmic[axis], (now) => {
      this.logarithmic[axis] = now;
      this.zoom(null);
    });
    return Report.element("div", { class: "scales", role: "group", "aria-label": "Logarithmic axes" },
      flag("y", "logarithmic up"), flag("x", "logarithmic across"));
  }

  facets() {
    return this.settings.facets.map((facet, at) =>
      Report.choices.several(facet.title, facet.values.map((value) => this.facetText(facet, value)), this.on[at], () => this.draw()));
  }

  facetText(facet, value) {
    if (value === null) return "unknown";
    if (facet.title === "threads") return value === 1 ? "1 thread" : `${value} threads`;
    if (facet.title === "cache") return `${value} cache`;
    return String(value);
  }

  names() {
    const { styles } = this.settings;
    return Report.choices.several(this.settings.lines, styles.map((style) => style.name), this.lines, () => this.draw(), styles.map(Report.choices.sign));
  }

  set(change) {
    Object.assign(this, change);
    this.zoom(null);
  }

  // Rows to panels to lines to points.
  views() {
    const { facets, styles } = this.settings;
    const places = new Map(styles.map((style, at) => [style.name, at]));
    const found = new Map();
    for (let row = 0; row < this.rows.count; row++) {
      const point = this.point(row);
      const name = this.across.names[this.across.codes[row]];
      if (!point || !this.lines.has(places.get(name))) continue;
      const at = facets.map((facet) => facet.values.indexOf(this.rows.get(facet.column, row)));
      if (!at.every((value, facet) => this.on[facet].has(value))) continue;
      const key = at.join();
      if (!found.has(key)) found.set(key, { at, lines: new Map() });
      const { lines } = found.get(key);
      if (!lines.has(name)) lines.set(name, { name, style: styles[places.get(name)], points: [] });
      lines.get(name).points.push(point);
    }
    return [...found.values()].sort((a, b) => this.before(a.at, b.at)).map(({ at, lines }) => ({
      key: at.join(),
      title: facets.map((facet, place) => (facet.values.length > 1 ? this.facetText(facet, facet.values[at[place]]) : "")).filter(Boolean).join(" · "),
      lines: [...lines.values()].map((line) => ({ ...line, points: line.points.sort((a, b) => a.x - b.x) })),
    }));
  }

  before(a, b) {
    const at = a.findIndex((value, place) => value !== b[place]);
    return at < 0 ? 0 : a[at] - b[at];
  }

  point(row) {
    const { column, low, high } = this.quantity;
    const x = this.rows.get(this.across.column, row);
    const y = this.rows.get(column, row);
    const fits = (value, axis) => value !== null && (!this.logarithmic[axis] || value > 0);
    if (!fits(x, "x") || !fits(y, "y")) return null;
    const end = (name) => (name === null ? null : this.rows.get(name, row));
    const shares = this.rows.columns.has("shares_memory") ? this.rows.get("shares_memory", row) : false;
    const kind = shares === null ? "unknown" : shares ? "shares" : "copies";
    return { row, x, y, low: end(low), high: end(high), kind, marked: this.marked.has(row) };
  }

  async draw() {
    const turn = (this.turn = (this.turn || 0) + 1);
    const all = this.views();
    const views = all.slice(0, Report.Curves.MOST_PANELS);
    const left = all.length - views.length;
    this.note.textContent = !all.length ? "Nothing to draw: no value of this is known where all that is chosen meets."
      : left ? `${left} more panels are not drawn: switch something off to see them.` : "";
    this.tellKey(views);
    this.tellNames(views);
    const ranges = this.zoomed || this.ranges(views);
    for (const [key, panel] of this.panels) {
      if (!views.some((view) => view.key === key)) panel.element.remove(), this.panels.delete(key);
    }
    // Only what is not in its place is moved: an element that is moved loses the keyboard.
    views.forEach((view, at) => {
      const { element } = this.panel(view);
      if (this.room.children[at] !== element) this.room.insertBefore(element, this.room.children[at] || null);
    });
    this.room.classList.toggle("alone", views.length === 1);
    for (const view of views) {
      const drawn = this.panel(view).draw(this.spec(view, ranges), views.length === 1);
      if (Report.theme.printing) continue; // a browser that prints does not wait
      await drawn;
      await Report.breath();
      if (turn !== this.turn) return; // something else was chosen meanwhile
    }
  }

  panel(view) {
    if (!this.panels.has(view.key)) {
      const own = { title: view.title, tell: (row) => this.tell(row), zoom: (ranges) => this.zoom(ranges), step: (factor) => this.step(factor), pick: (row) => Report.pick(this.table, row) };
      this.panels.set(view.key, new Report.Panel(own));
    }
    return this.panels.get(view.key);
  }

  spec(view, ranges) {
    const { quantity, across, logarithmic } = this;
    const y = { title: quantity.axis, unit: quantity.unit, logarithmic: logarithmic.y, range: ranges.y };
    const x = { title: across.title, unit: across.unit, logarithmic: logarithmic.x, range: ranges.x };
    const marks = this.settings.caches.filter(([, size]) => size > ranges.x[0] && size < ranges.x[1]);
    const shapes = marks.map(([, size]) => ({ type: "line", x0: size, x1: size, yref: "paper", y0: 0, y1: 1 }));
    const notes = marks.map(([level, size]) => ({ x: logarithmic.x ? Math.log10(size) : size, text: `L${level}`, xshift: 2 }));
    if (quantity.baseline) shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: 1, y1: 1, line: { dash: "solid" } });
    const label = `${quantity.title} over ${across.title}${view.title ? `, ${view.title}` : ""}: ${view.lines.length} lines.`;
    return { traces: Report.traces.of(view.lines), x, y, shapes, notes, label };
  }

  ranges(views) {
    const points = views.flatMap((view) => view.lines.flatMap((line) => line.points));
    const of = (values, logarithmic) => {
      if (!values.length) return [1, 10];
      let [low, high] = [Math.min(...values), Math.max(...values)];
      if (logarithmic) {
        const room = high > low ? (high / low) ** 0.05 : 2;
        return [low / room, high * room];
      }
      const room = high > low ? 0.05 * (high - low) : Math.abs(high) || 1;
      return [low >= 0 && low < high / 2 ? -room / 4 : low - room, high + room];
    };
    const ends = points.flatMap(({ y, low, high }) => [y, ...[low, high].filter((end) => end !== null && (!this.logarithmic.y || end > 0))]);
    if (this.quantity.baseline) ends.push(1);
    return { x: of(points.map((point) => point.x), this.logarithmic.x), y: of(ends, this.logarithmic.y) };
  }

  zoom(ranges) {
    this.zoomed = ranges;
    return this.draw();
  }

  // About the middle of what is seen.
  step(factor) {
    if (factor === null) return this.zoom(null);
    const now = this.zoomed || this.ranges(this.views());
    const scaled = (axis) => {
      const to = this.logarithmic[axis] ? Math.log : Number;
      const from = this.logarithmic[axis] ? Math.exp : Number;
      const [low, high] = now[axis].map(to);
      const [middle, half] = [(low + high) / 2, (factor * (high - low)) / 2];
      return [from(middle - half), from(middle + half)];
    };
    return this.zoom({ x: scaled("x"), y: scaled("y") });
  }

  tell(row) {
    const { rows, across, settings } = this;
    const where = settings.facets.map((facet) => this.facetText(facet, rows.get(facet.column, row)));
    const place = rows.text(across.column, row);
    where.push(across.unit === "bytes" ? place : `${across.title} ${place}`);
    return [across.names[across.codes[row]], where.join(", "), ...Report.told(rows, row, this.quantity, settings)];
  }

  // On paper there is nothing to switch, but the lines still want their names.
  tellNames(views) {
    const names = new Set(views.flatMap((view) => view.lines.map((line) => line.name)));
    const shown = this.settings.styles.filter((style) => names.has(style.name));
    this.paper.replaceChildren(...shown.map((style) => Report.element("span", {}, Report.choices.sign(style), Report.name(style.name))));
  }

  tellKey(views) {
    const points = views.flatMap((view) => view.lines.flatMap((line) => line.points));
    const has = (kind) => points.some((point) => point.kind === kind);
    const said = [];
    if (has("shares")) said.push("solid and filled: copies", "dashed and hollow: shares memory");
    if (has("unknown")) said.push("dotted: not known whether it shares memory");
    if (points.some((point) => point.low !== null)) said.push(`bars: ${this.settings.interval}`);
    if (points.some((point) => point.marked)) said.push("ringed: doubtful");
    if (this.settings.caches.length && points.length) said.push("dotted verticals: the caches' sizes");
    if (this.quantity.baseline) said.push(`1 is ${this.quantity.baseline}`);
    let hint = "";
    if (this.table === "cells" && Report.waiting.some(({ block }) => block.script === "rounds")) hint = " · click a point: its rounds, below";
    this.key.replaceChildren(said.join(" · "), Report.element("span", { class: "screen" }, hint));
  }
};
