// The map: boxes that look alike lie together. A lasso takes a whole heap of them: to look at, or to
// give one class with one key.

const SAMPLE = 8; // boxes of a lasso that are shown beside the map

class Atlas {
  // host: load() -> facts; seen(indices) -> boxes to draw; lasso(indices) -> a queue; review(indices)
  constructor(review, views, host) {
    Object.assign(this, { review, views, host });
    this.by = "class";
    this.session = null; // of the boxes in the lasso
    this.begun = null;
    $("#colour-by").addEventListener("change", (event) => this.colour(event.target.value));
    $("#map-nearest").addEventListener("click", () => this.chooseNearest());
    $("#map-clear").addEventListener("click", () => this.choose([]));
    $("#map-review").addEventListener("click", () => this.act("accept"));
    for (const [id, factor] of [["#map-in", 1.6], ["#map-out", 1 / 1.6], ["#map-all", 0]]) {
      $(id).addEventListener("click", () => (factor ? this.map.zoomBy(factor) : this.showAll()));
    }
    const move = $("#map-move");
    move.addEventListener("click", () => move.setAttribute("aria-pressed", move.getAttribute("aria-pressed") !== "true"));
    review.onDraw = () => this.follow();
  }

  // There is another map than there was.
  renew() {
    this.begun = null;
    if (this.views.shown === "map") this.open();
  }

  async open() {
    this.begun ??= this.begin();
    await this.begun;
    if (!this.map) return;
    this.colour(this.by);
    const here = this.review.session.data.items[this.review.session.position];
    const at = this.review.session.isPast ? -1 : this.facts.placeOf(here);
    if (at >= 0) this.point(at);
    else if (this.map.front < 0) this.point(0);
    this.map.measure();
    $("#points").focus({ preventScroll: true });
  }

  async begin() {
    this.say("reading the map ...");
    try {
      this.facts = await this.host.load();
    } catch (error) {
      this.begun = null; // asked again when the view is opened next
      return this.say(error.message);
    }
    this.points = new Points(this.facts.x, this.facts.y);
    this.choose([]);
    if (this.map) this.map.take(this.points);
    this.map ??= new CanvasMap($("#points"), this.points);
    if (!this.isHandled) handle(this.map, {
      onPoint: (i) => i >= 0 && this.point(i),
      onLasso: (found) => this.choose(found),
      isMoving: () => $("#map-move").getAttribute("aria-pressed") === "true",
    });
    this.isHandled = true;
    $("#map").classList.add("there");
    this.say(this.facts.told);
    return undefined;
  }

  say(text) {
    $("#map-says").textContent = text;
  }

  showAll() {
    this.map.zoom = 1;
    this.map.moveTo([0.5, 0.5]);
  }

  // colours and legend

  colour(by) {
    this.by = by;
    const { kinds, of } = colouringOf(by, this.facts, this.review.session);
    const count = new Uint32Array(kinds.length);
    for (const kind of of) count[kind] += 1;
    this.map.kinds = kinds.map((kind) => kind.mark);
    this.map.kindOf = of;
    this.map.isHidden = [];
    $("#legend").replaceChildren(...kinds.map((kind, k) => {
      const mark = kind.mark.points ? shape(kind.mark) : make("span", { class: "blot" });
      if (!kind.mark.points) mark.style.background = kind.mark.colour;
      const button = press([...(kind.key ? [make("b", {}, kind.key)] : []), mark, make("span", { class: "name" }, kind.name),
        make("span", { class: "count" }, counted(count[k]))],
      () => this.toggle(k, button), { "aria-pressed": true, title: "show or hide these" });
      return button;
    }));
    this.map.draw();
  }

  toggle(kind, button) {
    this.map.isHidden[kind] = !this.map.isHidden[kind];
    button.setAttribute("aria-pressed", !this.map.isHidden[kind]);
    this.map.draw();
  }

  // one point

  async point(i) {
    this.map.show(i);
    const [seen] = await this.host.seen([i]).catch((error) => { this.say(error.message); return []; });
    if (this.map.front !== i || !seen) return;
    $("#point").replaceChildren(makePeek(this.review.session, seen));
    $("#points").setAttribute("aria-label", `Map of boxes; in front: ${seen.key}, ${seen.label ?? seen.predicted ?? "no class"}`);
  }

  step(dx, dy) {
    const next = this.points.towards(Math.max(this.map.front, 0), dx, dy, this.map.isShown);
    if (next !== this.map.front) this.point(next);
  }

  // many points

  chooseNearest() {
    const n = Math.max(1, Math.round(Number($("#map-n").value) || 50));
    if (this.map.front >= 0) this.choose(this.points.around(this.map.front, n, this.map.isShown));
  }

  choose(indices) {
    this.choosing = this.takeUp(indices); // a key that comes sooner waits for it
    return this.choosing;
  }

  async takeUp(indices) {
    this.session = null;
    this.chosen = indices;
    this.map?.choose(indices);
    const panel = $("#lassoed");
    panel.hidden = !indices.length;
    if (!indices.length) return;
    const title = $("#lassoed h2");
    title.textContent = boxesOf(indices.length);
    $("#sample").replaceChildren();
    try {
      const queue = await this.host.lasso(indices);
      if (this.chosen !== indices) return;
      this.queue = queue;
      this.session = this.sessionOf(queue);
      title.textContent = [boxesOf(queue.items.length), ...(queue.nLeftOut ? [`${counted(queue.nLeftOut)} of an audit left out`] : [])].join(", ");
      this.drawChoice();
      this.drawSample(indices);
    } catch (error) {
      title.textContent = error.message;
    }
  }

  async drawSample(indices) {
    try {
      const step = Math.max(1, Math.floor(indices.length / SAMPLE));
      const some = indices.filter((_, k) => k % step === 0).slice(0, SAMPLE);
      const seen = await this.host.seen(some);
      if (this.chosen === indices) $("#sample").replaceChildren(...seen.map((one, k) => makePeek(this.review.session, one, () => this.point(some[k]))));
    } catch (error) {
      this.say(error.message);
    }
  }

  // The boxes of the lasso as a sitting of their own: the same keys, journal and undo.
  sessionOf({ items, name, passed, journals }) {
    const data = { ...this.review.data, items, journals, queue: { name, order: "score", settles: false, again: false, passed: [] } };
    const lines = linesOf(journals, this.review.annotator);
    const mine = [];
    const memory = {
      lines: () => joined(lines, mine),
      add: (added) => {
        mine.push(...added);
        if (passed.length && added.some((line) => "label" in line)) this.review.memory.pass(passed);
        // a request takes so much; one press stays one, as undo goes by its name
        for (let k = 0; k < added.length; k += MOST_LINES) this.review.memory.add(added.slice(k, k + MOST_LINES));
        return false;
      },
    };
    const { session } = this.review;
    return new Session(data, this.review.annotator, memory, { interfaceName: session.interfaceName });
  }

  // Those that have no answer of this annotator.
  get unanswered() {
    const { session } = this;
    return session.places.map((_, number) => number).filter(
      (number) => ["open", "skipped"].includes(session.ledger.status(session.places[number])));
  }

  drawChoice() {
    const { session } = this;
    const n = this.unanswered.length;
    const done = session.places.length - n;
    $("#lasso-says").textContent = [
      n ? `a class key gives ${n === 1 ? "the one" : `all ${counted(n)}`} without your answer that class` : "all have your answer",
      ...(done && n ? [`${counted(done)} have it already`] : []), "Z takes it back",
    ].join("; ");
    $("#lasso-classes").replaceChildren(...session.classes.map((name) => make("button", { type: "button", "data-label": name },
      make("kbd", {}, session.keys.of(name).toUpperCase() || "–"), shape(session.classMark(name)), make("span", { class: "name" }, name))));
  }

  act(action, label) {
    const steps = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
    if (!this.map) return false;
    if (action in steps) this.step(...steps[action]);
    else if (action === "page-up" || action === "page-down") this.map.zoomBy(action === "page-up" ? 1.6 : 1 / 1.6, this.here());
    else if (action === "first") this.showAll();
    else if (action === "escape" && this.map.nChosen) this.choose([]);
    else if (["class", "junk", "unsure", "undo", "redo", "new-class"].includes(action)) this.answer(action, label);
    else if (action === "accept") this.look();
    else return false;
    return true;
  }

  here() {
    const { front } = this.map;
    return front < 0 ? this.map.centre : [this.points.x[front], this.points.y[front]];
  }

  // The boxes of the lasso as cards.
  async look() {
    await this.choosing;
    if (!this.session) return this.review.say("draw around some boxes first, or choose the nearest of one");
    return this.host.review(this.queue).catch((error) => this.review.say(error.message));
  }

  async answer(action, label) {
    await this.choosing;
    const { session, review } = this;
    if (!session) return review.say("draw around some boxes first, or choose the nearest of one");
    session.message = "";
    if (["undo", "redo"].includes(action)) session.act(action);
    else {
      const numbers = this.unanswered;
      if (!numbers.length) return review.say("all of these boxes have your answer already");
      if (action === "unsure") session.answer(null, numbers);
      else if (action === "new-class") {
        session.go(0);
        session.go(session.places.length - 1, true);
        await review.newClass(session);
      } else await review.withClass(action === "junk" ? session.junk ?? session.settings.junk : label, numbers, session);
    }
    this.follow();
    this.drawChoice();
    this.colour(this.by);
    return review.say(session.message.split("; every box has")[0]);
  }

  // What was answered here or in the queue shows on the map.
  follow() {
    if (!this.facts) return;
    const { classes, label, shown, predicted, placeOf: at } = this.facts;
    for (const session of [this.review.session, this.session].filter(Boolean)) {
      for (const item of session.data.items) {
        const place = placeOf(item.key, false);
        const said = session.ledger.answers.get(place);
        const i = said?.length ? at(item) : -1; // of others it is as it was
        if (i < 0) continue;
        const last = session.ledger.last(place);
        label[i] = last?.label ? classes.indexOf(last.label) : -1;
        shown[i] = last && "label" in last ? label[i] : predicted[i];
      }
    }
  }
}
