// Elements of the page, found and made.

const $ = (selector, within = document) => within.querySelector(selector);

const DRAWN = new Set(["svg", "polygon", "polyline", "rect", "circle", "g"]);

function make(tag, attributes = {}, ...children) {
  const element = DRAWN.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// A button that does something when pressed.
function press(text, does, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, ...[text].flat());
  button.addEventListener("click", does);
  return button;
}

// The shape of a class, as wide as a letter.
function shape(mark, fill = mark.colour) {
  return make("svg", { viewBox: "-1.1 -1.1 2.2 2.2", class: "shape", "aria-hidden": "true" },
    make("polygon", { points: mark.points, fill }));
}

const percent = (share) => `${Math.round(100 * share)} %`;
const counted = (n) => n.toLocaleString("en-US");
const boxesOf = (n) => `${counted(n)} ${n === 1 ? "box" : "boxes"}`;
