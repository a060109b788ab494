// The rounds of one cell in the order of time: quiet ones filled, contended ones hollow, a line at the estimate.
Report.Rounds = class {
  static SIGNS = ["circle-open", "circle", "diamond-open"];
  static WORDS = ["contended", "quiet", "not known whether it was quiet"];

  constructor(block, host) {
    const { element } = Report;
    this.cells = block.settings.cells;
    this.by = block.settings.by;
    this.table = block.table;
    this.rows = Report.tables.get(block.table).rows;
    this.chosen = this.cells[0];
    this.zoomed = null;
    this.host = host;
    this.choices = element("div", { class: "choices" });
    this.key = element("p", { class: "key" });
    this.panel = new Report.Panel({ title: "", tell: (at) => this.tell(at), zoom: (ranges) => this.zoom(ranges), step: (factor) => this.step(factor) });
    this.paper = element("p", { class: "paper" });
    host.append(element("h3", {}, "Rounds of a cell in the order of time"), this.choices, this.paper,
      element("div", { class: "panels alone" }, this.panel.element), this.key);
    if (this.chosen) this.choose();
  }

  // A list for each column; what a list offers is what the lists before it have left.
  choose() {
    const { choices } = Report;
    let among = this.cells;
    const made = this.by.map((column) => {
      const values = [...new Set(among.map((cell) => this.rows.get(column, cell.row)))];
      const now = this.rows.get(column, this.chosen.row);
      const before = among;
      const act = (at) => this.change(column, before, values[at]);
      among = among.filter((cell) => this.rows.get(column, cell.row) === now);
      const { unit, heading } = this.rows.columns.get(column);
      return choices.one(heading, values.map((value) => Report.format.value(unit, value)), values.indexOf(now), act);
    });
    const active = [...this.choices.querySelectorAll("select")].indexOf(document.activeElement);
    const zooms = Report.element("div", { class: "zooms", role: "group", "aria-label": "Zoom" },
      choices.button("+", () => this.step(0.5), "Zoom in"), choices.button("−", () => this.step(2), "Zoom out"),
      choices.button("Show all", () => this.zoom(null)));
    this.choices.replaceChildren(...made, zooms);
    this.paper.replaceChildren(Report.name(this.by.map((column) => this.rows.text(column, this.chosen.row)).join(", ")));
    if (active >= 0) this.choices.querySelectorAll("select")[active].focus();
  }

  // The cell that differs least from the one chosen so far.
  change(column, among, value) {
    const alike = (cell) => this.by.filter((name) => this.rows.get(name, cell.row) === this.rows.get(name, this.chosen.row)).length;
    const fits = among.filter((cell) => this.rows.get(column, cell.row) === value);
    this.chosen = fits.reduce((best, cell) => (alike(cell) > alike(best) ? cell : best));
    this.choose();
    this.zoom(null);
  }

  show(row) {
    const own = this.cells.find((cell) => cell.row === row);
    if (!own) return;
    this.chosen = own;
    this.choose();
    this.zoom(null);
  }

  async draw() {
    if (!this.chosen) return;
    const { quiet, process, seconds, scale, row, measured } = this.chosen;
    const colours = Report.theme.colours;
    const values = seconds.map((count) => count * scale);
    const trace = {
      x: values.map((_, at) => at + 1),
      y: values,
      customdata: values.map((_, at) => at),
      ...{ mode: "markers", hoverinfo: "none" },
      marker: { color: colours.ink, size: 5, opacity: 0.75, symbol: [...quiet].map((own) => Report.Rounds.SIGNS[own]) },
    };
    const borders = process.flatMap((own, at) => (at && own !== process[at - 1] ? [at + 0.5] : []));
    const shapes = borders.map((x) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1 }));
    const estimate = this.rows.get("seconds", row);
    if (estimate !== null) shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: estimate, y1: estimate, line: { dash: "solid", width: 1.5 } });
    const some = measured > values.length ? ` ${values.length} of ${measured} rounds are shown.` : "";
    const signs = [["1", "filled: quiet"], ["0", "hollow: contended"], ["2", "diamonds: not known whether quiet"]];
    const said = signs.filter(([own]) => quiet.includes(own)).map(([, text]) => text);
    if (borders.length) said.push("dotted verticals: a new process");
    this.key.textContent = `${[...said, "line: the estimate"].join(" · ")}.${some}`;
    const ranges = this.zoomed || this.ranges(values);
    await this.panel.draw({
      ...{ traces: [trace], shapes, label: `Time per call of ${values.length} rounds in the order of time.` },
      x: { title: "round", unit: "count", logarithmic: false, range: ranges.x },
      y: { title: "time per call", unit: "seconds", logarithmic: false, range: ranges.y },
    }, true);
  }

  ranges(values) {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), 0);
    const room = 0.06 * (high - low) || high || 1;
    return { x: [0, values.length + 1], y: [Math.max(0, low - room), high + room] };
  }

  zoom(ranges) {
    this.zoomed = ranges;
    return this.draw();
  }

  step(factor) {
    if (factor === null) return this.zoom(null);
    const now = this.zoomed || this.ranges(this.chosen.seconds.map((count) => count * this.chosen.scale));
    const scaled = ([low, high]) => [(low + high) / 2 - (factor * (high - low)) / 2, (low + high) / 2 + (factor * (high - low)) / 2];
    return this.zoom({ x: scaled(now.x), y: scaled(now.y) });
  }

  tell(at) {
    const { seconds, scale, quiet, process } = this.chosen;
    const time = Report.format.value("seconds", seconds[at] * scale);
    return [time, `round ${at + 1}, process ${process[at]}`, Report.Rounds.WORDS[quiet[at]]];
  }
};
