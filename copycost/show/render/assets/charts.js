// The charts are drawn one after the other, so that the first can be used while the others come.
Report.breath = () => new Promise((resolve) => setTimeout(resolve, 0));

// A point that is chosen on a chart: its rounds are shown, where the report has them.
Report.pick = (table, row) => Report.rounds && Report.rounds.table === table && Report.rounds.show(row);

Report.drawAll = async () => {
  const scripts = { curves: Report.Curves, bars: Report.Bars, rounds: Report.Rounds };
  const charts = [];
  const make = ({ block, host }) => {
    const chart = new scripts[block.script](block, host);
    charts.push(chart);
    if (block.script === "rounds") Report.rounds = chart;
    const fold = host.closest("details");
    if (fold) fold.addEventListener("toggle", () => fold.open && !Report.theme.printing && chart.draw());
    return chart;
  };
  const redraw = () => {
    while (Report.theme.printing && Report.waiting.length) make(Report.waiting.shift()); // paper does not wait for them
    charts.forEach((chart) => chart.draw());
  };
  Report.theme.onChange(redraw);
  while (Report.waiting.length) {
    await make(Report.waiting.shift()).draw();
    await Report.breath();
  }
  let width = document.documentElement.clientWidth;
  addEventListener("resize", () => {
    if (document.documentElement.clientWidth === width || Report.theme.printing) return;
    width = document.documentElement.clientWidth;
    redraw();
  });
  document.documentElement.dataset.state = "complete";
  performance.mark("complete");
};

Report.drawAll();
