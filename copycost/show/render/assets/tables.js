// Tables: their rows, and what shows, sorts, filters and copies them.
Report.Rows = class {
  constructor(block) {
    this.columns = new Map(block.columns.map((column) => [column.name, column]));
    const first = block.columns[0];
    this.count = first ? (first.values || first.codes).length : 0;
  }

  get(name, row) {
    const column = this.columns.get(name);
    if (!column) return null;
    if (column.values) return column.values[row];
    const code = column.codes[row];
    return code < 0 ? null : column.names[code];
  }

  text(name, row) {
    return Report.format.value(this.columns.get(name).unit, this.get(name, row));
  }

  // What stands after a figure: how sure it is.
  after(name, row) {
    const { after } = this.columns.get(name);
    return after ? after[row] : "";
  }
};

// What is told of a row: a quantity with its interval, and what else helps to judge it.
Report.told = (rows, row, quantity, settings) => {
  const ends = [quantity.low, quantity.high].map((end) => (end === null ? null : rows.get(end, row)));
  const written = ends.map((end) => Report.format.value(quantity.unit, end)).join(" to ");
  const interval = ends.includes(null) ? "" : ` (${written}, ${settings.interval})`;
  const known = settings.details.filter((name) =>
    name !== quantity.column && rows.columns.has(name) && rows.get(name, row) !== null);
  const details = known.map((name) => `${rows.columns.get(name).heading}: ${rows.text(name, row)}`);
  return [`${quantity.axis}: ${rows.text(quantity.column, row)}${interval}`, details.join(" · ")].filter(Boolean);
};

Report.TableView = class {
  static FIRST = 60;
  static MORE = 500;
  static PRINTED = 500;
  static collator = new Intl.Collator("en", { numeric: true });

  constructor(block) {
    const { element } = Report;
    this.block = block;
    this.rows = new Report.Rows(block);
    this.shown = block.columns.filter((column) => column.shown);
    this.order = Array.from({ length: this.rows.count }, (_, row) => row);
    this.sorted = { name: null, up: true };
    this.limit = Report.TableView.FIRST;
    this.filter = element("input", { type: "search", on: { input: () => this.refresh() } });
    this.told = element("output", { class: "told", "aria-live": "polite" });
    this.body = element("tbody");
    this.more = element("button", { type: "button", class: "more", on: { click: () => this.showMore() } });
    this.heads = this.shown.map((column) => this.head(column));
    this.left = element("p", { class: "paper" });
    this.element = this.build();
    this.refresh();
    Report.theme.onChange(() => this.draw());
  }

  build() {
    const { element } = Report;
    const small = this.rows.count < 6;
    const copy = element("button", { type: "button", on: { click: () => this.copy() } }, "Copy as CSV");
    const bar = element("div", { class: "bar" });
    if (!small) bar.append(element("label", {}, "Filter ", this.filter));
    bar.append(copy, this.told);
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...this.heads)), this.body);
    const scroll = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": this.block.caption }, table);
    const title = element("h3", {}, this.block.caption);
    return element("div", { class: "table", id: `table-${this.block.name}` }, title, bar, scroll, this.more, this.left);
  }

  head(column) {
    const { element } = Report;
    const act = () => this.sort(column.name);
    const button = element("button", { type: "button", on: { click: act } }, Report.name(column.heading));
    // A word of a heading stands whole; somebody's name of a run is broken anywhere.
    const named = /\S{13}/.test(button.textContent) ? " named" : "";
    return element("th", { scope: "col", "aria-sort": "none", class: this.side(column) + named }, button);
  }

  side(column) {
    return ["text", "name", "command", "verdict", "sharing", "doubts"].includes(column.unit) ? "words" : "figure";
  }

  sort(name) {
    const again = this.sorted.name === name;
    this.sorted = again && !this.sorted.up ? { name: null, up: true } : { name, up: !again };
    this.refresh();
    const said = this.sorted.name ? `sorted, ${this.sorted.up ? "ascending" : "descending"}` : "not sorted";
    this.told.textContent += `, ${said}`;
  }

  search(text) {
    this.filter.value = text;
    this.refresh();
    this.element.scrollIntoView();
    this.filter.focus({ preventScroll: true });
  }

  refresh() {
    this.limit = Report.TableView.FIRST;
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = Array.from({ length: this.rows.count }, (_, row) => row);
    this.order = words.length ? all.filter((row) => words.every((word) => this.textOf(row).includes(word))) : all;
    if (this.sorted.name) this.order.sort((a, b) => this.compare(a, b));
    this.heads.forEach((head, place) => {
      const own = this.shown[place].name === this.sorted.name;
      head.setAttribute("aria-sort", own ? (this.sorted.up ? "ascending" : "descending") : "none");
    });
    this.draw();
  }

  textOf(row) {
    this.texts ||= [];
    this.texts[row] ||= this.block.columns.map((column) => this.rows.text(column.name, row)).join("\n").toLowerCase();
    return this.texts[row];
  }

  compare(a, b) {
    const [x, y] = [this.rows.get(this.sorted.name, a), this.rows.get(this.sorted.name, b)];
    if (x === null || y === null) return (x === null) - (y === null) || a - b; // unknown comes last both ways
    const way = this.sorted.up ? 1 : -1;
    const order = typeof x === "string" ? Report.TableView.collator.compare(x, y) : x - y;
    return way * order || a - b;
  }

  draw() {
    const { element } = Report;
    const limit = Report.theme.printing ? Math.max(this.limit, Report.TableView.PRINTED) : this.limit;
    const lines = this.order.slice(0, limit).map((row) =>
      element("tr", {}, ...this.shown.map((column) => this.cell(column, row))));
    this.body.replaceChildren(...lines);
    const left = this.order.length - lines.length;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, Report.TableView.MORE)} more rows`;
    this.left.textContent = left > 0 ? `${left} more rows are not printed.` : "";
    const all = this.order.length === this.rows.count ? "" : ` of ${this.rows.count}`;
    this.told.textContent = `${this.order.length}${all} rows`;
  }

  cell(column, row) {
    const text = this.rows.text(column.name, row) + this.rows.after(column.name, row);
    return Report.element("td", { class: this.side(column) }, this.side(column) === "words" ? Report.name(text) : text);
  }

  showMore() {
    this.limit += Report.TableView.MORE;
    this.draw();
  }

  csv() {
    const columns = this.block.columns;
    const quoted = (value) => {
      // A spreadsheet would take such text, which names in others' files may be, for a formula.
      const formula = typeof value === "string" && /^[=+\-@\t\r]/.test(value);
      const text = value === null ? "" : formula ? `'${value}` : String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [columns.map((column) => quoted(this.csvName(column)))];
    for (const row of this.order) lines.push(columns.map((column) => quoted(this.rows.get(column.name, row))));
    return lines.map((line) => line.join(",")).join("\n") + "\n";
  }

  csvName(column) {
    return column.name.includes(":") ? column.heading : column.name;
  }

  async copy() {
    const text = this.csv();
    const done = await this.toClipboard(text);
    this.told.textContent = done ? `${this.order.length} rows copied` : "The browser does not let a page copy";
  }

  async toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Report.element("textarea", { class: "unseen", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }
};
