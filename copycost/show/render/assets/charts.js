// The charts are drawn one after the other, so that the first can be used while the others come.
Report.breath = () => new Promise((resolve) => setTimeout(resolve, 0));

// A point that is chosen on a chart: its rounds are shown, where the report has them.
Report.pick = (table, row) => Report.rounds && Report.rounds.table === table && Report.rounds.show(row);

Report.drawAll = async () => {
  const scripts = { curves: Report.Curves, bars: Report.Bars, rounds: Report.Rounds };
  const charts = [];
  for (const { block, host } of Report.waiting) {
    const chart = new scripts[block.script](block, host);
    charts.push(chart);
    if (block.script === "rounds") Report.rounds = chart;
    const fold = host.closest("details");
    if (fold) fold.addEventListener("toggle", () => fold.open && !Report.theme.printing && chart.draw());
    await chart.draw();
    await Report.breath();
  }
  const redraw = () => charts.forEach((chart) => chart.draw());
  Report.theme.onChange(redraw);
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
