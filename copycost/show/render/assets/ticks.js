// Where the ticks of an axis are, as on the charts that are files.
Report.ticks = (() => {
  function decades(low, high, steps, every) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      if (((power % every) + every) % every) continue;
      for (const step of steps) found.push(Number((step * 10 ** power).toPrecision(6)));
    }
    return found.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  }

  function even(low, high, most) {
    const rough = (high - low) / Math.max(most, 1) || 1;
    const scale = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * scale).find((own) => own >= rough * 0.999);
    const found = [];
    for (let count = Math.ceil(low / step - 1e-9); count * step <= high + step * 1e-9; count++) {
      found.push(Number((count * step).toPrecision(12)));
    }
    return found;
  }

  function decimal(low, high, most) {
    for (const steps of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
      const found = decades(low, high, steps, 1);
      if (found.length >= 2 && found.length <= Math.max(2, most)) return found;
    }
    for (let every = 2; every < 40; every++) {
      const found = decades(low, high, [1], every);
      if (found.length <= Math.max(2, most)) return found.length > 1 ? found : even(low, high, most);
    }
    return even(low, high, most);
  }

  function binary(low, high, most) {
    const octaves = Math.log2(high / low);
    for (const step of octaves < 6 ? [1, 2, 4, 6, 10, 20, 40] : [2, 4, 6, 10, 20, 40]) {
      const found = [];
      for (let power = Math.ceil(Math.log2(low) - 1e-9); power <= Math.floor(Math.log2(high) + 1e-9); power++) {
        if (power % step === 0) found.push(2 ** power);
      }
      if (found.length <= most) return found.length ? found : even(low, high, most);
    }
    return [low];
  }

  // low and high are values, not logarithms.
  function place(unit, logarithmic, low, high, most) {
    if (!(high > low)) return [low];
    if (!logarithmic) return even(low, high, most);
    return unit === "bytes" ? binary(low, high, most) : decimal(low, high, most);
  }

  return { place };
})();
