// What is seen, made from what the session knows.

const $ = (selector, within = document) => within.querySelector(selector);

function make(tag, attributes = {}, ...children) {
  const isDrawing = ["svg", "polygon", "rect", "circle", "g"].includes(tag);
  const element = isDrawing
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The shape of a class, as wide as a letter.
function shape(mark, fill = mark.colour) {
  return make("svg", { viewBox: "-1.1 -1.1 2.2 2.2", class: "shape", "aria-hidden": "true" },
    make("polygon", { points: mark.points, fill }));
}

const percent = (share) => `${Math.round(100 * share)} %`;
const CARD = 192; // pixels of a card's xy slab: the drawing, which is scaled to the card
const LEVELS = ["off", "weak", "medium", "strong"];

class Face {
  constructor(session, boxes, data) {
    Object.assign(this, { session, boxes, data });
    this.view = { depth: 0, level: 0, isInverted: false };
    this.isContextOpen = false;
    this.drawn = new WeakMap();
    this.lastPosition = -1;
    this.cards = Array.from({ length: session.pageSize }, () => this.makeCard());
    this.prepare();
  }

  prepare() {
    const { queue, items, box, name, blind } = this.data;
    $("#queue").textContent = queue.name;
    const isPlain = items.every((item) => blind || item.suggestion === null) && !queue.settles;
    $("#focus").classList.toggle("plain", isPlain); // no line for suggestions
    $("#gallery").append(...this.cards);
    const bindings = this.data.sheet.map((line) =>
      make("p", {}, make("kbd", {}, line.shown), make("span", {}, line.meaning)));
    $("#bindings").append(make("p", {}, make("kbd", {}, "1 …"), make("span", {}, "the class with that key")), ...bindings);
    const width = (box.edge * box.spacing) / 10; // nm
    const bar = [200, 100, 50, 20, 10, 5, 2, 1].find((nm) => nm <= 0.45 * width) ?? 1;
    const scale = $("#scale");
    scale.textContent = `${bar} nm`;
    scale.style.width = `${(100 * bar) / width}%`;
    document.title = `${name}: ${queue.name}, ${items.length} boxes`;
    new ResizeObserver(() => this.measure()).observe($("#gallery"));
    this.measure();
  }

  // How many cards stand in a row decides where up and down lead.
  measure() {
    const columns = getComputedStyle($("#gallery")).gridTemplateColumns.split(" ").length;
    this.session.columns = Math.max(1, columns);
  }

  makeCard() {
    const card = make("div", { role: "option", class: "card", "aria-selected": "false" },
      make("div", { class: "top" }, make("span", { class: "place" }), make("span", { class: "flag" })),
      make("canvas", { role: "img", "aria-label": "" }),
      make("div", { class: "chip" }),
      make("div", { class: "hint" }));
    return card;
  }

  draw() {
    const { session } = this;
    if (session.position !== this.lastPosition) {
      this.view.depth = 0;
      this.lastPosition = session.position;
    }
    this.drawFocus();
    this.drawGallery();
    this.drawHead();
    this.drawClasses();
    const message = $("#message");
    message.textContent = session.message;
    message.classList.toggle("alarm", session.message.startsWith("not recorded"));
    this.drawWaiting();
  }

  drawWaiting() {
    const { memory } = this.session;
    const unsaved = $("#unsaved");
    unsaved.textContent = memory.waiting;
    unsaved.classList.toggle("alarm", this.data.mode === "server" && memory.nWaiting > 0);
    $("#save").hidden = this.data.mode === "server" && !memory.problem;
    $("#save").classList.toggle("due", memory.nWaiting > 0);
    const lines = [memory.problem, ...this.data.notes].filter(Boolean);
    if (this.alarms === lines.join("\n")) return;
    this.alarms = lines.join("\n");
    $("#alarms").replaceChildren(...lines.map((line, k) =>
      make("p", memory.problem && k === 0 ? { class: "alarm", role: "alert" } : { class: "note" }, line)));
  }

  drawHead() {
    const progress = this.session.progress();
    const bar = $("#progress");
    bar.setAttribute("aria-valuemax", progress.nBoxes);
    bar.setAttribute("aria-valuenow", progress.nDone);
    $("#bar").style.width = `${(100 * progress.nDone) / progress.nBoxes}%`;
    const rest = progress.isBreakDue ? "; 25 minutes in one go: a short break helps" : "";
    $("#numbers").textContent = progress.line() + rest;
    $("#who").textContent = this.session.annotator;
    this.counts = progress.byClass;
  }

  drawClasses() {
    const { session } = this;
    const group = $("#classes");
    const wanted = JSON.stringify([session.classes, [...session.keys.classes]]);
    if (this.classesDrawn !== wanted) {
      this.classesDrawn = wanted;
      group.replaceChildren(...session.classes.map((name) => {
        const button = make("button", { type: "button" },
          make("kbd", {}, session.keys.of(name).toUpperCase() || "–"),
          shape(session.classMark(name)),
          make("span", { class: "name" }, name),
          make("span", { class: "count" }));
        button.dataset.label = name;
        return button;
      }));
    }
    for (const button of group.children) {
      const n = this.counts.get(button.dataset.label) ?? 0;
      $(".count", button).textContent = n || "";
    }
  }

  drawFocus() {
    const { session, view, boxes } = this;
    const number = session.position;
    const item = this.data.items[number];
    const shown = session.shown(number);
    const slabs = boxes.draw(item.picture, view);
    [...document.querySelectorAll("#slabs canvas")].forEach((canvas, k) => {
      paint(canvas, slabs[k], boxes.box.edge);
      canvas.setAttribute("aria-label", `${["xy", "xz", "yz"][k]} slab of ${item.key}`);
    });
    $("#key").textContent = item.key;
    $("#said").replaceChildren(shown.status === "open" ? "no answer yet" : this.chip(shown));
    $("#suggested").replaceChildren(
      ...this.suggestion(shown.suggestion, shown.probability), ...this.hint(shown.others));
    const [x, y, z] = item.position;
    const looks = [
      view.depth ? `depth ${view.depth > 0 ? "+" : ""}${view.depth}` : "",
      view.level ? `low-pass ${LEVELS[view.level]}` : "",
      view.isInverted ? "inverted" : "",
    ].filter(Boolean);
    $("#facts").textContent = [`${item.tomogram} at ${x}, ${y}, ${z} Å`, ...looks].join(" · ");
    $("[data-action=invert]").setAttribute("aria-pressed", view.isInverted);
    $("[data-action=low-pass]").classList.toggle("on", view.level > 0);
    const around = this.data.context[item.picture];
    $("#to-context").disabled = !around;
    const isOpen = this.isContextOpen && around !== null;
    $("#slabs").hidden = isOpen;
    $("#surroundings").hidden = !isOpen;
    $("#to-context").setAttribute("aria-pressed", isOpen);
    if (isOpen) this.drawSurroundings(item, around);
  }

  drawSurroundings(item, around) {
    const { session, data } = this;
    const figure = $("#surroundings");
    const width = (5 * data.box.edge * data.box.spacing) / 10;
    if (figure.dataset.key === `${item.key} ${session.classes}`) return;
    figure.dataset.key = `${item.key} ${session.classes}`;
    const image = $("img", figure);
    image.src = around.image;
    image.alt = `xy slab of ${item.tomogram} around ${item.key}, ${Math.round(width)} nm wide; ${around.neighbours.length} other candidates`;
    const seen = new Set();
    const dots = around.neighbours.map(({ x, y, label }) => {
      const at = `translate(${x} ${y}) scale(0.016)`;
      if (label === null || data.suggestions !== "open") return make("circle", { r: 0.8, transform: at, class: "dot" });
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

  drawGallery() {
    const { session } = this;
    const gallery = $("#gallery");
    gallery.classList.toggle("alone", !session.others.length && !this.data.queue.settles);
    const first = Math.floor(session.position / session.pageSize) * session.pageSize;
    const selected = new Set(session.selection);
    const n = this.data.items.length;
    this.cards.forEach((card, k) => {
      const number = first + k;
      card.hidden = number >= n;
      if (card.hidden) {
        card.removeAttribute("id");
        return;
      }
      this.drawCard(card, number, selected);
    });
    const front = this.cards[session.position - first];
    gallery.setAttribute("aria-activedescendant", session.isPast ? "" : front.id);
    if (this.scrolledTo !== session.position) {
      this.scrolledTo = session.position;
      // Below the large picture the cards may stay out of sight; beside it they may not.
      if (matchMedia("(min-width: 60rem)").matches) front.scrollIntoView({ block: "nearest" });
    }
    const pages = Math.ceil(n / session.pageSize);
    $("#where").textContent = `Page ${first / session.pageSize + 1} of ${pages}`;
    $("[data-action=page-up]").disabled = first === 0;
    $("[data-action=page-down]").disabled = first + session.pageSize >= n;
  }

  drawCard(card, number, selected) {
    const { session, view } = this;
    const item = this.data.items[number];
    const shown = session.shown(number);
    card.id = `box-${number}`;
    card.dataset.number = number;
    card.setAttribute("aria-selected", selected.has(number));
    card.classList.toggle("front", number === session.position && !session.isPast);
    card.dataset.status = shown.status;
    card.setAttribute("aria-label", this.spoken(number, shown));
    const canvas = $("canvas", card);
    canvas.setAttribute("aria-label", `slabs xy, xz and yz of ${item.key}`);
    const picture = `${item.picture} ${view.level} ${view.isInverted}`;
    if (this.drawn.get(canvas) !== picture) {
      this.drawn.set(canvas, picture);
      paintCard(canvas, this.boxes.draw(item.picture, { ...view, depth: 0 }), this.boxes.box.edge, CARD);
    }
    $(".place", card).textContent = number + 1;
    $(".flag", card).textContent = shown.isFlagged ? "⚑ flagged" : "";
    const chip = this.chip(shown, true);
    $(".chip", card).replaceWith(chip);
    $(".hint", card).replaceChildren(...this.hint(shown.others));
  }

  // What was answered, as a shape, a key and a word on a colour; before that, what is suggested.
  chip({ status, label, suggestion, probability }, isCard = false) {
    const chip = make("div", { class: "chip" });
    if (status === "open" || status === "skipped") {
      if (status === "skipped") chip.append(make("span", { class: "later" }, "↷ later"));
      if (isCard) chip.append(...this.suggestion(suggestion, probability, false));
      return chip;
    }
    const mark = this.session.mark(status, label);
    const key = status === "unsure" ? "U" : this.session.keys.of(label).toUpperCase();
    chip.classList.add("given");
    chip.style.background = mark.colour;
    chip.style.color = mark.ink;
    chip.append(shape(mark, mark.ink), ...(key ? [make("b", {}, key)] : []),
      make("span", { class: "name" }, label ?? "unsure"));
    if (isCard && suggestion !== null) {
      const was = suggestion === label ? ["✓"] : [shape(this.session.classMark(suggestion), mark.ink), "?"];
      chip.append(make("span", { class: "was" }, ...was)); // the words are in the label of the card
    }
    return chip;
  }

  suggestion(label, probability, hasBar = true) {
    if (label === null) return [];
    const share = probability === null ? [] : [
      ...(hasBar ? [make("meter", { min: 0, max: 1, value: probability, "aria-label": "confidence" })] : []),
      make("span", { class: "share" }, percent(probability))];
    return [make("span", { class: "suggestion" },
      shape(this.session.classMark(label)), make("span", { class: "name" }, `${label}?`), ...share)];
  }

  hint(others) {
    if (!others.length) return [];
    const said = others.map(([name, label]) => `${name}: ${label}`).join(", ");
    return [make("span", { class: "others" }, `≠ ${said}`)];
  }

  spoken(number, { status, label, suggestion, probability, isFlagged, others }) {
    const words = { open: "no answer yet", skipped: "put off", unsure: "unsure", answered: label };
    const share = probability === null ? "" : `, ${percent(probability)}`;
    return [
      `box ${number + 1} of ${this.data.items.length}`,
      words[status],
      suggestion === null ? "" : `suggested ${suggestion}${share}`,
      isFlagged ? "flagged" : "",
      others.length ? `others say ${others.map(([name, theirs]) => `${name} ${theirs}`).join(", ")}` : "",
    ].filter(Boolean).join("; ");
  }
}

// One line from a person; null when they would rather not. `check` gives what is wrong, or "".
function askFor({ title, label, value = "", check, mustAnswer = false }) {
  const dialog = $("#ask");
  const input = $("#answer");
  $("#ask-title").textContent = title;
  $("#ask-label").textContent = label;
  $("#ask-error").textContent = "";
  $(".close", dialog).hidden = mustAnswer;
  input.value = value;
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.onkeydown = dialog.oncancel = null;
      dialog.close();
      resolve(answer);
    };
    const accept = () => {
      const problem = check(input.value.trim());
      $("#ask-error").textContent = problem;
      if (!problem) finish(input.value.trim());
    };
    dialog.onkeydown = (event) => {
      if (event.key === "Enter" && event.target === input) {
        event.preventDefault();
        accept();
      }
    };
    dialog.oncancel = (event) => {
      event.preventDefault();
      if (!mustAnswer) finish(null);
    };
    $(".ok", dialog).onclick = accept;
    $(".close", dialog).onclick = () => finish(null);
    dialog.showModal();
    input.focus();
    input.select();
  });
}
