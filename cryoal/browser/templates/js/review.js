// The review of one annotator: memory, the queue in front, and what keys and buttons do to them.

class Review {
  constructor(data, annotator, shelf) {
    Object.assign(this, { data, annotator });
    this.isServed = data.mode === "server";
    this.memory = new (this.isServed ? ServerMemory : FileMemory)(data, annotator, shelf);
    data.settings.classes = [...new Set([...data.settings.classes, ...this.memory.newClasses])];
    this.session = this.sessionOf(data);
    const rows = this.rowsOfPictures();
    const ask = (address) => (this.isServed ? async (some) => (await this.memory.ask(address, { rows: some })).found : null);
    this.boxes = new Boxes($("#boxes").textContent, data.box);
    const why = (picture) => {
      const { tomogram } = data.items.find((item) => item.picture === picture);
      return data.notes.find((note) => note.includes(`the tomogram ${tomogram} `)) ?? data.notes.at(-1) ?? "there is none";
    };
    const around = data.context?.map((one, picture) => one ?? { missing: why(picture) }) ?? null;
    // The middle of the wide picture is the tile: a saved page has it once.
    const within = around?.map((one) => (one.missing ? one : { image: one.image, low: 1 / 3, high: 2 / 3, share: 3 / 5 })) ?? null;
    this.tiles = new Tiles({ known: within, rows, ask: ask("/tiles") });
    this.around = new Tiles({ known: around, rows, ask: ask("/context") });
    this.face = new Face(this.session, this.boxes, this.tiles, this.around, data);
    this.onSettings = () => {};
    this.onDraw = () => {};
    this.listen();
  }

  rowsOfPictures() {
    const rows = [];
    for (const item of this.data.items) rows[item.picture] = item.row;
    return rows;
  }

  sessionOf(data) {
    return new Session(data, this.annotator, this.memory, { interfaceName: this.isServed ? "browser" : "page" });
  }

  draw() {
    this.face.draw();
    this.closing?.draw();
    this.onDraw();
  }

  // Another queue of boxes that the page holds.
  open(name, items) {
    this.session = this.sessionOf({ ...this.data, items, queue: { ...this.data.queue, name, title: name, n_all: items.length } });
    this.face.sit(this.session);
    this.draw();
  }

  // Who asks, and about which queue.
  whose() {
    return new URLSearchParams([["annotator", this.annotator], ...new URLSearchParams(queueAsked())]).toString();
  }

  say(text) {
    this.session.message = text;
    this.face.say(text);
  }

  // What comes back from where the answers are kept.
  listen() {
    const { memory, data } = this;
    memory.onChange = () => {
      this.session.follow();
      this.draw();
    };
    memory.onWaiting = () => this.face.drawWaiting();
    memory.onRefusal = (message, unit) => {
      const { session } = this;
      if (unit.some((line) => "sitting" in line)) session.isAnnounced = false;
      session.follow();
      const line = unit.find((one) => one.key ?? one.skip ?? one.flag);
      const key = line?.key ?? line?.skip ?? line?.flag;
      const number = session.data.items.findIndex((item) => item.key === key);
      if (number >= 0) session.go(number);
      session.message = `not recorded: ${message}`;
    };
    memory.onSettings = (settings) => {
      const { session } = this;
      if (JSON.stringify(settings) === JSON.stringify(session.settings)) return;
      const before = session.keys.classes;
      data.settings = settings;
      session.setSettings(settings);
      session.follow();
      const isSame = [...before].every(([key, name]) => session.keys.classes.get(key) === name);
      const told = `the classes are now ${settings.classes.join(", ")}: look at their keys`;
      if (!isSame) session.message = [session.message, told].filter(Boolean).join("; ");
      this.onSettings();
      this.draw();
    };
    memory.onJournals = (journals) => {
      data.journals = journals;
      this.session.setJournals(journals);
      this.draw();
    };
  }

  // `name` is a class afterwards; what to tell about that.
  async ensureClass(name) {
    if (this.session.classes.includes(name)) return "";
    const added = await this.memory.addClass(name, this.session.classes);
    this.data.settings = added.settings;
    this.session.setSettings(added.settings);
    this.onSettings();
    const line = keyless([name], this.session.keys);
    return added.told + (line && `; ${line}`);
  }

  async withClass(name, numbers, session = this.session) {
    session.message = "";
    try {
      const told = await this.ensureClass(name);
      session.setSettings(this.data.settings);
      session.answer(name, numbers);
      session.message += told;
    } catch (error) {
      session.message = `not recorded: ${error.message}`;
    }
    this.draw();
  }

  async newClass(session = this.session) {
    const numbers = session.selection;
    const name = await askFor({
      title: "New class", label: `Its name; it is given to ${numbers.length === 1 ? "this box" : `these ${numbers.length} boxes`}`,
      check: (text) => {
        if (text.trim().toLowerCase() === "none") return "expected another name than None, which stands for no class";
        return text && !text.includes(",") ? "" : "expected a name without commas";
      },
    });
    if (name !== null) await this.withClass(name, numbers, session);
  }

  // Boxes that look like the one in front.
  async likeThis() {
    if (!this.isServed) return this.say("boxes like this one are looked for by cryoal find, or on a served page");
    const { key } = this.session.data.items[this.session.position];
    this.say(`looking for boxes like ${key} ...`);
    try {
      const { lasso } = await this.memory.ask("/alike", { key });
      location.search = addressOf({ queue: "keys", order: "score", where: {}, lasso });
    } catch (error) {
      this.say(error.message);
    }
    return undefined;
  }

  openContext() {
    const { picture } = this.session.data.items[this.session.position];
    const around = this.around.of(picture);
    this.face.focus.isContextOpen = !around?.missing && !this.face.focus.isContextOpen;
    if (around?.missing) this.session.message = `there is no picture of the surroundings: ${around.missing}`;
  }

  act(action, label = null) {
    const { session } = this;
    const { view } = this.face;
    const isAnswer = ["class", "accept", "junk", "unsure", "skip", "new-class", "escape"].includes(action);
    if (this.closing.closes(action) && isAnswer) return this.draw();
    const looks = {
      deeper: () => { view.depth += 1; },
      shallower: () => { view.depth -= 1; },
      "low-pass": () => {
        view.level = (view.level + 1) % this.data.box.low_pass.length;
        session.message = `low-pass ${LEVELS[view.level]}`;
      },
      invert: () => { view.isInverted = !view.isInverted; },
      context: () => this.openContext(),
      back: () => { this.face.focus.isContextOpen = false; },
      sheet: () => $("#sheet").showModal(),
    };
    if (session.isRefused(action)) return this.draw();
    if (action === "junk") return this.withClass(session.junk ?? session.settings.junk, session.selection);
    if (action === "new-class") return this.newClass().then(() => toGallery());
    if (Object.hasOwn(looks, action)) {
      session.message = "";
      looks[action]();
      this.face.focus.clampDepth();
    } else {
      if (action === "escape") this.face.focus.isContextOpen = false;
      session.act(action, label);
    }
    return this.draw();
  }
}
