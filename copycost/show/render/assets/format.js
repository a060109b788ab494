"use strict";
// Figures as people read them. The same words as on the command line: a test compares the two.
const Report = { content: JSON.parse(document.getElementById("content").textContent) };

Report.format = (() => {
  const NOTHING = "–";

  function threeDigits(value) {
    const size = Math.abs(value);
    return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  }

  function significant(value, digits) {
    return String(Number(value.toPrecision(digits)));
  }

  function seconds(value) {
    for (const [unit, scale] of [["ns", 1e-9], ["µs", 1e-6], ["ms", 1e-3]]) {
      if (Math.abs(value) < 999.5 * scale) return `${threeDigits(value / scale)} ${unit}`;
    }
    return `${threeDigits(value)} s`;
  }

  function bytes(value) {
    for (const [unit, scale] of [["GiB", 1024 ** 3], ["MiB", 1024 ** 2], ["KiB", 1024]]) {
      if (value >= scale) return `${significant(value / scale, 4)} ${unit}`;
    }
    return `${value.toFixed(0)} B`;
  }

  function number(value) {
    if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-3)) return value.toPrecision(3);
    return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : significant(value, 4);
  }

  const written = {
    text: String,
    seconds,
    bytes,
    number,
    name: String,
    command: String,
    verdict: String,
    ratio: (value) => value.toFixed(value < 2 ? 3 : value < 10 ? 2 : 1),
    multiple: (value) => (value >= 1000 ? number(value) : threeDigits(value)) + "×",
    share: (value) => `${significant(100 * value, 3)}%`,
    speed: (value) => significant(value, 3),
    count: String,
    doubts: (value) => value.replaceAll(";", ", "),
    sharing: (value) => (value ? "shares" : "copies"),
  };

  function value(unit, own) {
    return own === null || own === undefined ? NOTHING : written[unit](own);
  }

  // A tick of an axis: as short as it can be told.
  const short = {
    seconds(own) {
      for (const [unit, scale] of [["ns", 1e-9], ["µs", 1e-6], ["ms", 1e-3]]) {
        if (own < 999.5 * scale) return `${significant(own / scale, 3)} ${unit}`;
      }
      return `${significant(own, 4)} s`;
    },
    multiple: (own) => number(own) + "×",
    speed: number,
  };

  function tick(unit, own) {
    return (short[unit] || written[unit])(own);
  }

  // How wide a label of an axis is, in CSS pixels.
  const ruler = document.createElement("canvas").getContext("2d");
  function width(text) {
    ruler.font = "12px system-ui, sans-serif";
    return ruler.measureText(text).width;
  }

  return { value, tick, width };
})();
