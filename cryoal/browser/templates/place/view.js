// Sections of a tomogram, with the boxes as points by class.

const NONE = -1;

the("name").textContent = facts.name;
the("to-campaign").href = to("home");
for (const { number, name, boxes } of facts.tomograms) {
  the("tomogram").append(made("option", { value: number }, `${name} (${boxes.toLocaleString("en")} ${boxes === 1 ? "box" : "boxes"})`));
}

const canvas = the("stage");
const ink = canvas.getContext("2d");
let tomogram = null; // its facts
let picture = null;
let wanted = 0; // of the sections that were asked for: which one is still wanted
const off = new Set(); // numbers of classes that are not shown
let front = null; // the point that was clicked

function markOf(number) {
  return number === NONE ? null : facts.marks[facts.classes[number]];
}

function path(points, x, y, size) {
  const shape = new Path2D();
  points.forEach(([dx, dy], place) => (place ? shape.lineTo(x + size * dx, y + size * dy) : shape.moveTo(x + size * dx, y + size * dy)));
  shape.closePath();
  return shape;
}

function visible() {
  const z = Number(the("z").value);
  const reach = Number(the("reach").value);
  const found = [];
  tomogram.zyx.forEach(([pz], place) => {
    if (Math.abs(pz - z) <= reach + 0.5 && !off.has(tomogram.shown[place])) found.push(place);
  });
  return found;
}

function draw() {
  if (!tomogram) return;
  const [, height, width] = tomogram.shape;
  const { clientWidth, clientHeight } = the("frame");
  const scale = window.devicePixelRatio || 1;
  const fit = Math.min(clientWidth / width, clientHeight / height);
  canvas.style.width = `${fit * width}px`;
  canvas.style.height = `${fit * height}px`;
  canvas.width = Math.round(fit * scale * width);
  canvas.height = Math.round(fit * scale * height);
  const zoom = canvas.width / width;
  ink.fillStyle = "#000";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) ink.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const z = Number(the("z").value);
  const size = Math.max(4 * scale, Math.min(9 * scale, 0.12 * tomogram.box * zoom));
  ink.font = `${12 * scale}px system-ui, sans-serif`;
  for (const place of visible()) {
    const [pz, py, px] = tomogram.zyx[place];
    const [x, y] = [(px + 0.5) * zoom, (py + 0.5) * zoom];
    const mark = markOf(tomogram.shown[place]);
    // what lies above or below is smaller and fainter
    const depth = Math.abs(pz - z) / (Number(the("reach").value) + 1);
    ink.globalAlpha = 1 - 0.6 * depth;
    const one = size * (1 - 0.4 * depth);
    const shape = mark ? path(mark.points, x, y, one) : path([[-0.4, -0.4], [0.4, -0.4], [0.4, 0.4], [-0.4, 0.4]], x, y, one);
    ink.lineWidth = (tomogram.labelled[place] ? 2.5 : 1.2) * scale;
    ink.strokeStyle = tomogram.labelled[place] ? "#fff" : "#000";
    ink.fillStyle = mark ? mark.colour : "#9aa0a6";
    ink.fill(shape);
    ink.stroke(shape);
    if (place === front) {
      ink.globalAlpha = 1;
      ink.strokeStyle = "#fff";
      ink.lineWidth = 2 * scale;
      const half = (tomogram.box * zoom) / 2;
      ink.strokeRect(x - half, y - half, 2 * half, 2 * half);
    }
    if (the("names").checked && mark) {
      ink.globalAlpha = 1;
      ink.lineWidth = 3 * scale;
      ink.strokeStyle = "#000";
      ink.fillStyle = "#fff";
      ink.strokeText(facts.classes[tomogram.shown[place]], x + size + 2 * scale, y + 4 * scale);
      ink.fillText(facts.classes[tomogram.shown[place]], x + size + 2 * scale, y + 4 * scale);
    }
  }
  ink.globalAlpha = 1;
}

async function section() {
  const z = Number(the("z").value);
  const mine = ++wanted;
  the("z-said").textContent = `${z} of ${tomogram.shape[0]}`;
  try {
    const answer = await asked(`section?tomogram=${the("tomogram").value}&z=${z}`);
    if (mine !== wanted) return; // another one is wanted by now
    picture = await createImageBitmap(await answer.blob());
    say("");
  } catch (error) {
    picture = null;
    say(error.message, true);
  }
  draw();
}

function listClasses() {
  const counts = new Map();
  for (const number of tomogram.shown) counts.set(number, (counts.get(number) ?? 0) + 1);
  the("classes").replaceChildren(...[...facts.classes.keys(), NONE].map((number) => {
    const input = made("input", { type: "checkbox", value: number });
    input.checked = !off.has(number);
    input.addEventListener("change", () => {
      if (input.checked) off.delete(number);
      else off.add(number);
      draw();
    });
    const mark = markOf(number);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "-1.1 -1.1 2.2 2.2");
    svg.setAttribute("class", "shape");
    svg.setAttribute("aria-hidden", "true");
    const polygon = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    polygon.setAttribute("points", (mark?.points ?? [[-0.4, -0.4], [0.4, -0.4], [0.4, 0.4], [-0.4, 0.4]]).map((corner) => corner.join(",")).join(" "));
    polygon.setAttribute("fill", mark?.colour ?? "#9aa0a6");
    svg.append(polygon);
    const name = number === NONE ? "no class" : facts.classes[number];
    return made("li", {}, made("label", {}, input, svg, made("span", { class: "name" }, name), made("span", { class: "count" }, (counts.get(number) ?? 0).toLocaleString("en"))));
  }));
}

async function open() {
  try {
    const number = the("tomogram").value;
    tomogram = await ask(`points?tomogram=${number}`);
    choose(null);
    the("z").max = tomogram.shape[0] - 1;
    the("z").value = Math.floor(tomogram.shape[0] / 2);
    the("reach").value = Math.floor(tomogram.box / 2);
    the("to-review").href = to("./", annotator.query({ queue: `tomogram:${tomogram.name}` }));
    said();
    listClasses();
    if (tomogram.keys.length < tomogram.n) say(`${tomogram.keys.length} of ${tomogram.n} points are shown`);
    await section();
  } catch (error) {
    say(error.message, true);
  }
}

function said() {
  the("reach-said").textContent = the("reach").value;
}

function at(event) {
  const frame = canvas.getBoundingClientRect();
  const zoom = frame.width / tomogram.shape[2];
  const [x, y] = [(event.clientX - frame.left) / zoom - 0.5, (event.clientY - frame.top) / zoom - 0.5];
  const away = (place) => Math.hypot(tomogram.zyx[place][2] - x, tomogram.zyx[place][1] - y);
  const near = visible().sort((a, b) => away(a) - away(b))[0];
  return near !== undefined && away(near) * zoom < 14 ? near : null;
}

function choose(place) {
  front = place;
  the("one").disabled = front === null;
  if (front === null) {
    the("point").textContent = "";
  } else {
    const number = tomogram.shown[front];
    const chance = tomogram.probability[front];
    const who = tomogram.labelled[front] ? "labelled" : number === NONE ? "" : `classified${chance === null ? "" : `, ${percent(chance)}`}`;
    the("point").textContent = `${tomogram.keys[front]}: ${number === NONE ? "no class" : facts.classes[number]} ${who && `(${who})`}`;
  }
  draw();
}

canvas.addEventListener("click", (event) => choose(at(event)));

// The next point in sight, from top to bottom.
function along(by) {
  const order = visible().sort((a, b) => tomogram.zyx[a][1] - tomogram.zyx[b][1] || a - b);
  if (!order.length) return;
  const here = order.indexOf(front);
  choose(order[here < 0 ? (by > 0 ? 0 : order.length - 1) : (here + by + order.length) % order.length]);
}

async function review(places) {
  if (!places.length) throw new Error("expected points in sight, found none");
  const { lasso } = await ask("lasso", { rows: places.map((place) => tomogram.rows[place]) });
  location.assign(to("./", annotator.query({ queue: "keys", lasso })));
}

the("one").addEventListener("click", () => press(the("one"), () => review([front])));
the("these").addEventListener("click", () => press(the("these"), () => review(visible())));

function step(by) {
  the("z").value = Number(the("z").value) + by;
  section();
}

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  step(Math.sign(event.deltaY));
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  if (event.key === "n" || event.key === "p") along(event.key === "n" ? 1 : -1);
  const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(by);
});
the("tomogram").addEventListener("change", open);
the("z").addEventListener("input", section);
the("reach").addEventListener("input", () => { said(); draw(); });
the("names").addEventListener("change", draw);
new ResizeObserver(draw).observe(the("frame"));
open();
