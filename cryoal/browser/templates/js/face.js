// The review as it is seen: head, box in front, cards, classes, made from what the session knows.

class Face {
  constructor(session, boxes, tiles, around, data) {
    Object.assign(this, { boxes, tiles, data });
    this.focus = new Focus(boxes, tiles, around);
    this.gallery = new Gallery(boxes, tiles, session.pageSize);
    const bindings = data.sheet.map((line) =>
      make("p", {}, make("kbd", {}, line.shown), make("span", {}, line.meaning)));
    $("#bindings").append(make("p", {}, make("kbd", {}, "1 …"), make("span", {}, "the class with that key")), ...bindings);
    tiles.onArrival = () => {
      for (const reason of tiles.reasons) {
        const note = `${reason}; the review goes on without context`;
        if (!data.notes.includes(note)) data.notes.push(note);
      }
      this.draw();
    };
    around.onArrival = () => this.draw();
    new ResizeObserver(() => this.measure()).observe(this.gallery.element);
    this.sit(session);
  }

  get view() {
    return this.focus.view;
  }

  // Another queue in front.
  sit(session) {
    this.session = session;
    const { queue, items, blind } = session.data;
    $("#queue-name").textContent = titleOf(queue, items);
    const isPlain = items.every((item) => blind || item.suggestion === null) && !queue.settles;
    $("#focus").classList.toggle("plain", isPlain); // no line for suggestions
    document.title = `${this.data.name}: ${queue.name}, ${boxesOf(items.length)}`;
    this.gallery.scrolledTo = -1;
    this.classesDrawn = null;
    this.measure();
  }

  measure() {
    this.session.columns = this.gallery.measure();
  }

  draw() {
    const { session } = this;
    this.focus.draw(session);
    this.gallery.draw(session, this.view);
    this.drawHead();
    this.drawClasses();
    this.say(session.message);
    this.drawWaiting();
  }

  say(text) {
    const message = $("#message");
    message.textContent = text;
    message.classList.toggle("alarm", text.startsWith("not recorded"));
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
}

// The queue's name, and how many there are in all where these are not all.
function titleOf(queue, items) {
  const n = items.filter((item) => !item.repeat).length;
  return (queue.n_all ?? n) > n ? `${queue.name}, ${n} of ${counted(queue.n_all)}` : queue.name;
}
