// One plot: axes with their own ticks, a box that tells of a point, and the keyboard.
Report.Panel = class {
  static HEIGHT = 340;
  static PAPER = { height: 250, alone: 640, beside: 320 };
  static KEYS = "Arrow keys go from point to point, plus and minus zoom, 0 shows all again.";

  // tell(row, line) returns the lines to show of a point; zoom gets ranges or null for all.
  constructor({ title, tell, zoom, step, pick = () => {} }) {
    const { element, name } = Report;
    this.tell = tell;
    this.onZoom = zoom;
    this.onStep = step;
    this.onPick = pick;
    this.plot = element("div", { class: "plot", tabindex: 0, role: "application", "aria-roledescription": "chart" });
    this.ring = element("div", { class: "ring", hidden: true });
    this.tip = element("div", { class: "tip", hidden: true });
    this.said = element("p", { class: "unseen", "aria-live": "polite" });
    this.above = element("p", { class: "axis" });
    this.below = element("p", { class: "axis below" });
    this.caption = element("figcaption", {}, name(title));
    this.caption.hidden = !title;
    this.frame = element("div", { class: "frame" }, this.plot, this.ring, this.tip);
    this.element = element("figure", { class: "panel" }, this.caption, this.above, this.frame, this.below, this.said);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.plot.addEventListener("blur", () => this.hide());
  }

  // view: lines or traces, axes x and y {title, unit, logarithmic, range}, shapes, label
  async draw(view, alone) {
    if (!Report.theme.printing && this.element.closest("details:not([open])")) return; // when it is opened
    this.view = view;
    this.above.replaceChildren(Report.name(view.y.title));
    this.below.replaceChildren(Report.name(view.x.title));
    this.plot.setAttribute("aria-label", `${view.label} ${Report.Panel.KEYS}`);
    const first = !this.plot.classList.contains("js-plotly-plot");
    await Plotly.react(this.plot, view.traces, this.layout(view, alone), {
      ...{ displayModeBar: false, doubleClick: false, showTips: false, staticPlot: false, scrollZoom: false },
    });
    if (first) this.listen();
    if (document.documentElement.dataset.state === "text") {
      performance.mark("first-chart");
      document.documentElement.dataset.state = "chart";
    }
    this.hide();
  }

  layout(view, alone) {
    const { colours, printing } = Report.theme;
    const width = printing ? Report.Panel.PAPER[alone ? "alone" : "beside"] : this.frame.clientWidth;
    const height = view.height || (printing ? Report.Panel.PAPER.height : Report.Panel.HEIGHT);
    const y = this.axis(view.y, height / 34);
    const left = view.left || 14 + Math.max(36, ...y.ticktext.map(Report.format.width));
    return {
      ...{ width, height, autosize: false, showlegend: false, hovermode: "closest", hoverdistance: 24 },
      ...{ paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", separators: ".," },
      margin: { l: left, r: 14, t: 8, b: 28, pad: 0 },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      font: { family: "system-ui, sans-serif", size: 12, color: colours.muted },
      xaxis: this.axis(view.x, (width - left) / 62),
      yaxis: y,
      shapes: (view.shapes || []).map((shape) => ({ layer: "below", ...shape, line: { color: colours.guide, width: 1, dash: "1px,2px", ...shape.line } })),
      annotations: (view.notes || []).map((note) => ({
        ...{ showarrow: false, xanchor: "left", yanchor: "top", yref: "paper", y: 1, font: { size: 11, color: colours.muted } },
        ...note,
      })),
    };
  }

  axis(own, most) {
    const { colours } = Report.theme;
    const [low, high] = own.range;
    const values = own.ticks || Report.ticks.place(own.unit, own.logarithmic, low, high, Math.max(2, Math.floor(most)));
    const texts = own.labels || values.map((value) => Report.format.tick(own.unit, value));
    return {
      type: own.logarithmic ? "log" : "linear",
      range: own.logarithmic ? own.range.map(Math.log10) : [...own.range],
      tickmode: "array",
      tickvals: values,
      ticktext: texts,
      gridcolor: colours.grid,
      linecolor: colours.guide,
      zeroline: false,
      showline: true,
      fixedrange: Boolean(own.fixed),
      ticks: "outside",
      ticklen: 4,
      tickcolor: colours.guide,
    };
  }

  listen() {
    this.plot.on("plotly_hover", (event) => this.show(event.points[0]));
    this.plot.on("plotly_unhover", () => this.hide());
    this.plot.on("plotly_click", (event) => this.onPick(event.points[0].customdata));
    this.plot.on("plotly_doubleclick", () => this.onZoom(null));
    this.plot.on("plotly_relayout", (change) => {
      if (!("xaxis.range[0]" in change) && !("yaxis.range[0]" in change)) return;
      this.onZoom(this.ranges(change));
    });
  }

  ranges(change) {
    const of = (axis, own) => {
      if (!(`${axis}.range[0]` in change)) return own.range;
      const ends = [change[`${axis}.range[0]`], change[`${axis}.range[1]`]].map(Number);
      return own.logarithmic ? ends.map((end) => 10 ** end) : ends;
    };
    return { x: of("xaxis", this.view.x), y: of("yaxis", this.view.y) };
  }

  show(point, aloud = false) {
    const lines = this.tell(point.customdata, point.curveNumber);
    const box = point.bbox;
    this.ring.style.left = `${(box.x0 + box.x1) / 2}px`;
    this.ring.style.top = `${(box.y0 + box.y1) / 2}px`;
    this.ring.hidden = false;
    const [head, ...rest] = lines;
    this.tip.replaceChildren(Report.element("strong", {}, Report.name(head)),
      ...rest.map((line) => Report.element("span", {}, Report.name(line))));
    this.tip.hidden = false;
    const room = this.frame.clientWidth - this.tip.offsetWidth;
    const above = box.y0 - this.tip.offsetHeight - 10;
    this.tip.style.left = `${Math.max(0, Math.min(room, (box.x0 + box.x1) / 2 + 12))}px`;
    this.tip.style.top = `${above >= 0 ? above : box.y1 + 12}px`;
    if (aloud) this.said.textContent = lines.join("; ");
  }

  hide() {
    this.tip.hidden = this.ring.hidden = true;
    this.at = null;
  }

  key(event) {
    if (!this.view) return;
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowUp: [1, 0], ArrowDown: [-1, 0] };
    const zooms = { "+": 0.5, "=": 0.5, "-": 2, 0: null };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) this.move(...steps[event.key]);
    else if (event.key in zooms) this.onStep(zooms[event.key]);
    else if (event.key === "Enter" && this.at) this.onPick(this.at.row);
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
  }

  // To the next point of a line, or to the nearest point of the next line.
  move(lines, points) {
    const drawn = this.view.traces.filter((trace) => trace.customdata && trace.x.length);
    if (!drawn.length) return;
    let { line, point } = this.at || { line: 0, point: -points };
    if (!this.at && lines) point = 0;
    else if (lines) {
      const x = drawn[line].x[point];
      line = (line + lines + drawn.length) % drawn.length;
      const far = (own) => Math.abs((this.view.x.logarithmic ? Math.log(own / x) : own - x) || 0);
      point = drawn[line].x.reduce((best, own, at) => (far(own) < far(drawn[line].x[best]) ? at : best), 0);
    } else point = Math.max(0, Math.min(drawn[line].x.length - 1, point + points));
    const placed = this.placed(drawn[line], point);
    this.at = { line, point, row: placed.customdata };
    this.show(placed, true);
  }

  // A point as the hover event has it.
  placed(trace, point) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const x = xaxis._offset + xaxis.d2p(trace.x[point]);
    const y = yaxis._offset + yaxis.d2p(trace.y[point]);
    const box = { x0: x - 4, x1: x + 4, y0: y - 4, y1: y + 4 };
    return { customdata: trace.customdata[point], curveNumber: this.view.traces.indexOf(trace), bbox: box };
  }
};
