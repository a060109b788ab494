// What the reader can choose: one of several, or several of several.
Report.choices = (() => {
  let count = 0;

  function one(title, options, chosen, act) {
    const { element } = Report;
    const id = `choice-${++count}`;
    const own = options.map((text, at) => element("option", { value: at, selected: at === chosen }, text));
    const select = element("select", { id, on: { change: () => act(Number(select.value)) } }, ...own);
    const label = element("label", { for: id }, Report.name(title));
    return element("div", { class: "choice" }, label, select);
  }

  // marks: an element before each text, or nothing
  function several(title, texts, on, act, marks = []) {
    const { element, name } = Report;
    const boxes = texts.map((_, at) => element("input", { type: "checkbox", checked: on.has(at), on: { change: () => set() } }));
    const set = () => {
      on.clear();
      boxes.forEach((box, at) => box.checked && on.add(at));
      act();
    };
    const all = (now) => {
      for (const box of boxes) box.checked = now;
      set();
    };
    const labels = texts.map((text, at) => element("label", {}, boxes[at], ...(marks[at] ? [marks[at]] : []), name(text)));
    const buttons = texts.length > 3
      ? [button("all", () => all(true), `all of ${title}`), button("none", () => all(false), `none of ${title}`)] : [];
    const legend = element("legend", {}, name(title));
    return element("fieldset", {}, legend, element("div", { class: "options" }, ...labels, ...buttons));
  }

  function flag(title, checked, act) {
    const { element } = Report;
    const box = element("input", { type: "checkbox", checked, on: { change: () => act(box.checked) } });
    return element("label", { class: "flag" }, box, title);
  }

  function button(text, act, label = null) {
    return Report.element("button", { type: "button", "aria-label": label, on: { click: act } }, text);
  }

  const SIGNS = {
    circle: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z",
    square: "M-3.6,-3.6h7.2v7.2h-7.2Z",
    diamond: "M0,-5L5,0L0,5L-5,0Z",
    "triangle-up": "M0,-4.6L4.6,3.6H-4.6Z",
    "triangle-down": "M0,4.6L4.6,-3.6H-4.6Z",
    cross: "M-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3Z",
    x: "M0,-2L2.5,-4.5L4.5,-2.5L2,0L4.5,2.5L2.5,4.5L0,2L-2.5,4.5L-4.5,2.5L-2,0L-4.5,-2.5L-2.5,-4.5Z",
    pentagon: "M0,-4.6L4.4,-1.4L2.7,3.7H-2.7L-4.4,-1.4Z",
    "triangle-left": "M-4.6,0L3.6,-4.6V4.6Z",
    "triangle-right": "M4.6,0L-3.6,-4.6V4.6Z",
    hexagon: "M-2.3,-4H2.3L4.6,0L2.3,4H-2.3L-4.6,0Z",
  };

  // A line's colour and marker, in both themes: the stylesheet shows one of them.
  function sign(style) {
    const drawn = (theme) => Report.shape("g", { class: theme, stroke: style[theme], fill: style[theme] },
      Report.shape("path", { d: "M-11,0H11", "stroke-width": 2 }), Report.shape("path", { d: SIGNS[style.symbol] }));
    return Report.shape("svg", { class: "sign", viewBox: "-12 -6 24 12", "aria-hidden": "true" }, drawn("light"), drawn("dark"));
  }

  return { one, several, flag, button, sign };
})();
