// Benchmarks one below the other, for those that are not over a number.
Report.Bars = class {
  static MOST = 60;
  static ROW = 24;

  constructor(block, host) {
    this.settings = block.settings;
    this.rows = Report.tables.get(block.table).rows;
    this.quantity = this.settings.quantities[0];
    this.across = this.settings.across[0];
    this.logarithmic = true;
    this.zoomed = null;
    const { element, choices } = Report;
    this.note = element("p", { class: "note" });
    this.panel = new Report.Panel({ title: "", tell: (row) => this.tell(row), zoom: (ranges) => this.zoom(ranges), step: (factor) => this.step(factor) });
    const flag = choices.flag("logarithmic", true, (now) => {
      this.logarithmic = now;
      this.zoom(null);
    });
    const zooms = element("div", { class: "zooms", role: "group", "aria-label": "Zoom" },
      choices.button("+", () => this.step(0.5), "Zoom in"), choices.button("−", () => this.step(2), "Zoom out"),
      choices.button("Show all", () => this.zoom(null)));
    const room = element("div", { class: "panels alone" }, this.panel.element);
    host.append(element("div", { class: "choices" }, flag, zooms), room, this.note);
  }

  points() {
    const { column, low, high } = this.quantity;
    const found = [];
    for (let row = 0; row < this.rows.count; row++) {
      const x = this.rows.get(column, row);
      const drawn = this.across.codes[row] >= 0 && x !== null && (x > 0 || !this.logarithmic);
      if (drawn) found.push({ row, x, low: this.rows.get(low, row), high: this.rows.get(high, row) });
    }
    return found.sort((a, b) => b.x - a.x).slice(0, Report.Bars.MOST);
  }

  async draw() {
    const points = this.points();
    const all = this.across.codes.filter((code) => code >= 0).length;
    this.note.textContent = all > points.length ? `The ${points.length} slowest of ${all}; all of them stand in the table.` : "";
    if (!points.length) return;
    const room = Math.min(260, 0.4 * this.panel.frame.clientWidth);
    const labels = points.map((point) => this.label(point.row, room));
    const style = this.settings.styles[0][Report.theme.name];
    const places = points.map((_, at) => points.length - at);
    const trace = {
      x: points.map((point) => point.x),
      y: places,
      customdata: points.map((point) => point.row),
      ...{ mode: "markers", hoverinfo: "none", marker: { color: style, size: 9 } },
      error_x: {
        ...{ type: "data", symmetric: false, color: style, thickness: 1.5, width: 3 },
        array: points.map((point) => (point.high === null ? 0 : Math.max(0, point.high - point.x))),
        arrayminus: points.map((point) => (point.low === null ? 0 : Math.max(0, point.x - point.low))),
      },
    };
    await this.panel.draw({
      traces: [trace],
      label: `${this.quantity.title} of ${points.length} benchmarks, the slowest first.`,
      height: Report.Bars.ROW * points.length + 60,
      left: Math.max(...labels.map((label) => label.width)) + 14,
      x: { title: this.quantity.axis, unit: this.quantity.unit, logarithmic: this.logarithmic, range: this.range(points) },
      y: {
        ...{ title: "", unit: "text", logarithmic: false, range: [0.3, points.length + 0.7], fixed: true, ticks: places },
        labels: labels.map((label) => label.text),
      },
    }, true);
  }

  range(points) {
    if (this.zoomed) return this.zoomed;
    const ends = points.flatMap(({ x, low, high }) => [x, low ?? x, high ?? x]).filter((end) => end > 0 || !this.logarithmic);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    if (!this.logarithmic) return [0, high * 1.05 || 1];
    const room = high > low ? (high / low) ** 0.05 : 2;
    return [low / room, high * room];
  }

  // The only names that plotly.js is given: it reads some tags, so there must be none.
  label(row, room) {
    const signs = [...this.across.names[this.across.codes[row]]];
    const cut = (kept) => (kept < signs.length ? [...signs.slice(0, kept - 4), "…", ...signs.slice(-4)].join("") : signs.join(""));
    let kept = signs.length;
    while (kept > 6 && Report.format.width(cut(kept)) > room) kept = Math.min(kept - 1, Math.floor(0.9 * kept));
    const text = cut(kept);
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return { text: escaped, width: Report.format.width(text) };
  }

  zoom(ranges) {
    this.zoomed = ranges && ranges.x;
    return this.draw();
  }

  step(factor) {
    if (factor === null) return this.zoom(null);
    const to = this.logarithmic ? Math.log : Number;
    const from = this.logarithmic ? Math.exp : Number;
    const [low, high] = this.range(this.points()).map(to);
    const [middle, half] = [(low + high) / 2, (factor * (high - low)) / 2];
    return this.zoom({ x: [from(middle - half), from(middle + half)] });
  }

  tell(row) {
    return [this.across.names[this.across.codes[row]], ...Report.told(this.rows, row, this.quantity, this.settings)];
  }
};
