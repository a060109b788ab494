// Elements of the page. Text is put in as text nodes only: nothing in the results can become markup.
Report.element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    } else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};

// Names from a results file: isolated, so that text from right to left does not reorder what is beside it.
Report.name = (text) => {
  const parts = Array.isArray(text) ? text : [text];
  const made = parts.map((part) => Report.element("bdi", {}, part));
  return made.length === 1 ? made[0] : Report.element("span", {}, ...made);
};

Report.shape = (name, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
