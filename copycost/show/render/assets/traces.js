// What plotly.js draws for a line: its stretches, its points with their intervals, its doubts. It is given no names.
Report.traces = (() => {
  const DASHES = { copies: "solid", shares: "5px,3px", unknown: "1.5px,2.5px" };

  function kindBetween(here, there) {
    if (here === there) return here;
    return here === "copies" || there === "copies" ? "copies" : "unknown";
  }

  // Pairs of neighbours of one kind, a gap after each run of them.
  function stretches(line, colour) {
    const found = {};
    for (let at = 0; at + 1 < line.points.length; at++) {
      const [here, there] = [line.points[at], line.points[at + 1]];
      const kind = kindBetween(here.kind, there.kind);
      const own = (found[kind] ||= { x: [], y: [] });
      own.x.push(here.x, there.x, null);
      own.y.push(here.y, there.y, null);
    }
    return Object.entries(found).map(([kind, { x, y }]) => ({
      ...{ x, y, mode: "lines", hoverinfo: "skip", line: { color: colour, width: 1.8, dash: DASHES[kind] } },
    }));
  }

  function intervals(points, colour) {
    const known = points.map((point) => point.low !== null && point.high !== null);
    if (!known.some(Boolean)) return { visible: false };
    return {
      type: "data",
      symmetric: false,
      array: points.map((point, at) => (known[at] ? Math.max(point.high - point.y, 0) : 0)),
      arrayminus: points.map((point, at) => (known[at] ? Math.max(point.y - point.low, 0) : 0)),
      color: colour,
      thickness: 1.5,
      width: 3,
    };
  }

  function dots(line, colour) {
    const hollow = line.points.map((point) => (point.kind === "copies" ? "" : "-open"));
    return {
      x: line.points.map((point) => point.x),
      y: line.points.map((point) => point.y),
      customdata: line.points.map((point) => point.row),
      mode: "markers",
      hoverinfo: "none",
      error_y: intervals(line.points, colour),
      marker: { color: colour, size: 7.5, symbol: hollow.map((end) => line.style.symbol + end), line: { color: colour, width: 1.5 } },
    };
  }

  function rings(lines, ink) {
    const marked = lines.flatMap((line) => line.points).filter((point) => point.marked);
    if (!marked.length) return [];
    return [{
      x: marked.map((point) => point.x),
      y: marked.map((point) => point.y),
      mode: "markers",
      hoverinfo: "skip",
      marker: { color: ink, size: 15, symbol: "circle-open", line: { width: 1 } },
    }];
  }

  // The traces with points come first, one for each line, so that a line's number is its trace's.
  function of(lines) {
    const theme = Report.theme.name;
    return [
      ...lines.map((line) => dots(line, line.style[theme])),
      ...lines.flatMap((line) => stretches(line, line.style[theme])),
      ...rings(lines, Report.theme.colours.ink),
    ];
  }

  return { of, DASHES };
})();
