// The box in front: its slabs, the tomogram around it, what was said of it.

const LEVELS = ["off", "weak", "medium", "strong"];

class Focus {
  constructor(boxes, tiles, around) {
    Object.assign(this, { boxes, tiles, around });
    this.view = { depth: 0, level: 0, isInverted: false };
    this.isContextOpen = false;
    this.lastKey = null;
    const { box } = boxes;
    const width = (box.edge * box.spacing) / 10; // nm
    const bar = [200, 100, 50, 20, 10, 5, 2, 1].find((nm) => nm <= 0.45 * width) ?? 1;
    const scale = $("#scale");
    scale.textContent = `${bar} nm`;
    scale.style.width = `${(100 * bar) / width}%`;
    this.tile = $("#tile");
    this.tile.prepend(...makeTile().children);
    this.tile.classList.add("tile");
  }

  clampDepth() {
    const half = this.boxes.box.edge >> 1;
    this.view.depth = Math.min(Math.max(this.view.depth, -half), this.boxes.box.edge - 1 - half);
  }

  draw(session) {
    const { view, boxes } = this;
    const item = session.data.items[session.position];
    if (item.key !== this.lastKey) view.depth = 0;
    this.lastKey = item.key;
    const shown = session.shown(session.position);
    const slabs = boxes.draw(item.picture, view);
    [...document.querySelectorAll("#slabs canvas")].forEach((canvas, k) => {
      paint(canvas, slabs[k], boxes.box.edge);
      canvas.setAttribute("aria-label", `${["xy", "xz", "yz"][k]} slab of ${item.key}`);
    });
    drawTile(this.tile, this.tiles.of(item.picture), `the tomogram around ${item.key}, the box outlined`);
    this.tile.classList.toggle("inverted", view.isInverted);
    $("#key").textContent = item.key;
    $("#said").replaceChildren(shown.status === "open" ? "no answer yet" : chipOf(session, shown));
    $("#suggested").replaceChildren(
      ...suggestionOf(session, shown.suggestion, shown.probability), ...hintOf(shown.others));
    const [x, y, z] = item.position;
    const looks = [
      view.depth ? `depth ${view.depth > 0 ? "+" : ""}${view.depth}` : "",
      view.level ? `low-pass ${LEVELS[view.level]}` : "",
      view.isInverted ? "inverted" : "",
    ].filter(Boolean);
    $("#facts").textContent = [`${item.tomogram} at ${x}, ${y}, ${z} Å`, ...looks].join(" · ");
    $("[data-action=invert]").setAttribute("aria-pressed", view.isInverted);
    $("[data-action=low-pass]").classList.toggle("on", view.level > 0);
    this.drawContext(session, item);
  }

  drawContext(session, item) {
    const around = this.isContextOpen ? this.around.of(item.picture) : null;
    const isOpen = Boolean(around?.image);
    $("#slabs").hidden = isOpen;
    $("#surroundings").hidden = !isOpen;
    $("#to-context").setAttribute("aria-pressed", this.isContextOpen);
    if (isOpen) this.drawSurroundings(session, item, around);
  }

  drawSurroundings(session, item, around) {
    const { box } = this.boxes;
    const figure = $("#surroundings");
    const width = (5 * box.edge * box.spacing) / 10;
    if (figure.dataset.key === `${item.key} ${session.classes}`) return;
    figure.dataset.key = `${item.key} ${session.classes}`;
    const image = $("img", figure);
    image.src = around.image;
    image.alt = `xy slab of ${item.tomogram} around ${item.key}, ${Math.round(width)} nm wide; ${around.neighbours.length} other candidates`;
    const seen = new Set();
    const dots = around.neighbours.map(({ x, y, label }) => {
      const at = `translate(${x} ${y}) scale(0.016)`;
      if (label === null || session.data.suggestions !== "open") return make("circle", { r: 0.8, transform: at, class: "dot" });
      seen.add(label);
      const mark = session.classMark(label);
      return make("polygon", { points: mark.points, fill: mark.colour, transform: at, class: "dot" });
    });
    const outlines = ["outline under", "outline"].map((name) =>
      make("rect", { x: 0.4, y: 0.4, width: 0.2, height: 0.2, class: name }));
    $("svg", figure).replaceChildren(...dots, ...outlines);
    const legend = session.classes.filter((name) => seen.has(name))
      .map((name) => make("span", { class: "legend" }, shape(session.classMark(name)), name));
    const words = legend.length ? "the nearest candidates as last classified: " : "dots: the nearest candidates";
    $("figcaption", figure).replaceChildren(`${Math.round(width)} nm; ${words}`, ...legend);
  }
}
