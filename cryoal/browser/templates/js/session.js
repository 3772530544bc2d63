// A queue in front of one annotator: cryoal/review/session.py, key for key and word for word.
// The only memory is `lines`, the lines of the annotator's journal; everything shown follows from
// them.

class Session {
  constructor(data, annotator, memory, { interfaceName, clock = () => performance.now() / 1000 }) {
    this.data = data;
    this.annotator = annotator;
    this.memory = memory; // lines(): all of them; add(lines): keep them, or throw; true: others came too
    this.interfaceName = interfaceName;
    this.clock = clock;
    this.places = data.items.map((item) => placeOf(item.key, item.repeat));
    this.numbers = new Map(this.places.map((place, number) => [place, number]));
    const bytes = crypto.getRandomValues(new Uint8Array(4));
    this.name = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.isAnnounced = false;
    this.nPresses = 0;
    this.lastTime = 0;
    this.columns = 5;
    this.pageSize = 20;
    this.message = "";
    this.began = clock();
    this.anchor = null;
    this.position = 0;
    this.isPast = false; // every box has an answer, and nothing is selected
    this.setSettings(data.settings);
    this.setJournals(data.journals);
    this.goOn(this.places.length - 1);
    this.message = [this.message, keyless(this.classes, this.keys)].filter(Boolean).join("; ");
  }

  // what changes from outside

  setSettings(settings) {
    this.settings = settings;
    this.keys = new Keys(this.data.sheet, settings);
  }

  setJournals(journals) {
    const originals = [...new Set(this.data.items.map((item) => placeOf(item.key, false)))];
    this.others = Object.entries(journals).filter(([name]) => name !== this.annotator)
      .map(([name, lines]) => [name, new Ledger(originals, false, lines)]);
    this.follow();
  }

  follow() {
    const lines = this.memory.lines();
    const { name, settles, again } = this.data.queue;
    this.ledger = new Ledger(this.places, settles, lines, again ? name : null);
  }

  // what is drawn

  get classes() {
    return this.settings.classes;
  }

  get junk() {
    return junkClass(this.classes, this.settings.junk, this.data.junk_names);
  }

  get selection() {
    if (this.isPast) return [];
    const from = this.anchor ?? this.position;
    const [low, high] = [Math.min(from, this.position), Math.max(from, this.position)];
    return Array.from({ length: high - low + 1 }, (_, k) => low + k);
  }

  shown(number) {
    const place = this.places[number];
    const item = this.data.items[number];
    const status = this.ledger.status(place);
    const label = this.ledger.label(place);
    const isHidden = item.repeat || !this.maySee(place);
    let others = Object.entries(item.votes);
    if ((status === "answered" || status === "unsure") && !isHidden && !others.length) {
      others = this.others.map(([name, ledger]) => [name, ledger.label(placeOf(item.key, false))])
        .filter(([, theirs]) => theirs && theirs !== label);
    }
    return {
      status, label, others,
      suggestion: isHidden ? null : item.suggestion,
      probability: isHidden ? null : item.probability,
      isFlagged: this.ledger.isFlagged(place),
    };
  }

  // Whether the annotator may see, or has seen already, what others think of a box.
  maySee(place) {
    const { suggestions } = this.data;
    return suggestions === "open" || (suggestions === "after" && this.ledger.hasAnswered(place));
  }

  mark(status, label) {
    if (status === "unsure") return this.data.special.unsure;
    return label === null ? this.data.special.open : this.classMark(label);
  }

  classMark(label) {
    const place = this.classes.indexOf(label);
    if (label === this.junk || place < 0) return this.data.special.junk;
    return this.data.marks[place % this.data.marks.length];
  }

  progress() {
    const states = this.places.map((_, number) => this.shown(number));
    const done = states.filter((s) => s.status === "answered" || s.status === "unsure");
    const repeats = this.data.items
      .filter((item) => item.repeat && this.ledger.status(placeOf(item.key, true)) === "answered")
      .map((item) => [false, true].map((again) => this.ledger.label(placeOf(item.key, again))));
    const byClass = new Map(this.classes.map((name) => [name, 0]));
    for (const { label } of done) if (label !== null) byClass.set(label, (byClass.get(label) ?? 0) + 1);
    const count = (holds) => states.filter(holds).length;
    return new Progress({
      nBoxes: states.length,
      nDone: done.length,
      nSkipped: count((s) => s.status === "skipped"),
      nUnsure: count((s) => s.status === "unsure"),
      nFlagged: count((s) => s.isFlagged),
      nConflicts: this.data.queue.settles ? 0 : count((s) => s.others.length > 0),
      nRepeats: repeats.length,
      nRepeatsSame: repeats.filter(([first, again]) => first === again).length,
      byClass,
      seconds: this.ledger.seconds,
      sittingSeconds: this.clock() - this.began,
    }, this.data.pace);
  }

  // what the keys do

  press(key) {
    const { action, label } = this.keys.meaning(key);
    this.act(action, label);
    return action;
  }

  // Whether `action` needs a box that is selected, and there is none; says so.
  isRefused(action) {
    const isAnswering = ["class", "accept", "junk", "unsure", "skip", "new-class"].includes(action);
    if (!isAnswering || this.selection.length) return false;
    this.message = "";
    this.tellOnward();
    return true;
  }

  act(action, label = null) {
    if (this.isRefused(action)) return undefined;
    this.message = "";
    try {
      switch (action) {
        case "class": return this.answer(label);
        case "accept": return this.accept();
        case "unsure": return this.answer(null);
        case "skip": return this.skip();
        case "flag": return this.flag();
        case "undo": return this.recall(false);
        case "redo": return this.recall(true);
        case "escape": this.anchor = null; return undefined;
        case "next-open": return this.goOn(this.position);
        default: return this.move(action);
      }
    } catch (error) {
      this.message = `not recorded: ${error.message}`;
      return undefined;
    }
  }

  answer(label, numbers = this.selection) {
    this.give(numbers.map((number) => [number, label]));
  }

  accept() {
    const found = this.selection.map((number) => [number, this.shown(number).suggestion]);
    const given = found.filter(([, label]) => label !== null);
    if (!given.length) {
      const why = {
        open: "there is no suggestion",
        after: "suggestions come after the answer",
        blind: "suggestions are hidden",
      };
      this.message = `nothing to accept: ${why[this.data.suggestions]}`;
      return;
    }
    this.give(given);
  }

  skip() {
    const numbers = this.selection;
    const chosen = numbers.filter(
      (number) => ["open", "skipped"].includes(this.ledger.status(this.places[number])));
    const [time, press] = [this.now(), this.nextPress()];
    this.write(chosen.map((number) => {
      const { key, repeat } = this.data.items[number];
      return { skip: key, time, press, ...(repeat && { repeat }) };
    }));
    if (chosen.length) this.message = `${chosen.length} put off: they come again at the end`;
    this.goOn(numbers.at(-1));
  }

  flag() {
    const numbers = this.isPast ? [this.position] : this.selection;
    const raised = !numbers.every((number) => this.ledger.isFlagged(this.places[number]));
    const [time, press] = [this.now(), this.nextPress()];
    this.write(numbers.map((number) => {
      const { key, repeat } = this.data.items[number];
      return { flag: key, raised, time, press, ...(repeat && { repeat }) };
    }));
    this.message = `${numbers.length} ${raised ? "flagged" : "no longer flagged"}`;
  }

  recall(again) {
    const press = (again ? this.ledger.redoable : this.ledger.undoable).at(-1);
    const word = again ? "redo" : "undo";
    if (press === undefined) {
      this.message = `nothing to ${word} in ${this.data.queue.name}`;
      return;
    }
    this.write([{ [word]: press, time: this.now() }]);
    const numbers = this.ledger.ofPress.get(press).map((place) => this.numbers.get(place));
    numbers.sort((a, b) => a - b);
    this.go(numbers[0]);
    const more = numbers.length > 1 ? ` and ${numbers.length - 1} more` : "";
    this.message = `${word}: ${this.data.items[numbers[0]].key}${more}${this.followRecall()}`;
  }

  // Classes that were made on this page come and go with the answers that name them; those of a
  // served page do in the campaign, which tells.
  followRecall() {
    if (!this.memory.afterRecall) return "";
    const { gone, back, classes } = this.memory.afterRecall(this.classes);
    if (!gone.length && !back.length) return "";
    this.setSettings({ ...this.settings, classes });
    return [...gone.map((name) => `; '${name}' is no class any more`),
      ...back.map((name) => `; '${name}' is a class again`)].join("");
  }

  go(number, extend = false) {
    const start = this.anchor ?? this.position;
    this.moveTo(Math.min(Math.max(number, 0), this.places.length - 1));
    this.anchor = null;
    if (extend) this.anchor = this.isPast ? this.position : start;
    this.isPast = false;
  }

  // the inside

  give(given) {
    if (!given.length) {
      this.message = "";
      return this.tellOnward();
    }
    const [time, press] = [this.now(), this.nextPress()];
    const seconds = Math.round((100 * (this.clock() - this.shownAt)) / given.length) / 100;
    this.write(given.map(([number, label]) => {
      const { key, repeat } = this.data.items[number];
      const { suggestion } = this.shown(number);
      return {
        key, label, time,
        ...(this.data.queue.settles && { settles: true }),
        press,
        ...(repeat && { repeat }),
        ...(suggestion !== null && { shown: suggestion }),
        seconds,
      };
    }));
    const said = [...new Set(given.map(([, label]) => label ?? "unsure"))].sort();
    const what = given.length === 1 ? this.data.items[given[0][0]].key : `${given.length} boxes`;
    this.message = `${what}: ${said.join(", ")}`;
    return this.goOn(Math.max(...given.map(([number]) => number)));
  }

  write(lines) {
    if (!lines.length) return;
    const hasMore = this.memory.add(this.isAnnounced ? lines : [this.sitting(lines[0].time), ...lines]);
    const isFirst = !this.isAnnounced;
    this.isAnnounced = true;
    if (hasMore || isFirst) this.follow(); // the line of the sitting came too
    else for (const line of lines) this.ledger.take(line); // not all of a long journal for each press
  }

  sitting(time) {
    return {
      sitting: this.name, time, campaign: this.data.campaign, interface: this.interfaceName,
      version: this.data.cryoal, queue: this.data.queue.name, order: this.data.queue.order,
      blind: this.data.blind,
      ...(this.data.suggestions === "after" && { suggestions: "after" }),
    };
  }

  // Never the same twice: a journal takes two equal lines for one that was sent twice.
  now() {
    this.lastTime = Math.max(Date.now(), this.lastTime + 1);
    return new Date(this.lastTime).toISOString();
  }

  nextPress() {
    this.nPresses += 1;
    return `${this.name}-${this.nPresses}`;
  }

  move(action) {
    const page = this.pageSize;
    const steps = {
      right: 1, left: -1, down: this.columns, up: -this.columns,
      "page-down": page, "page-up": -page, first: -this.places.length,
    };
    if (action === "extend-all") {
      this.moveTo(this.places.length - 1);
      [this.anchor, this.isPast] = [0, false];
    }
    const name = action.replace(/^extend-/, "");
    if (!Object.hasOwn(steps, name)) return;
    const step = this.isPast && name === "left" ? 0 : steps[name]; // back to the box in front
    this.go(this.position + step, name !== action);
  }

  moveTo(number) {
    this.position = number;
    this.shownAt = this.clock();
  }

  goOn(after) {
    const following = this.nextOpen(after);
    if (following !== null) return this.go(following);
    this.moveTo(after);
    this.anchor = null;
    this.isPast = true;
    return this.tellOnward();
  }

  tellOnward() {
    const told = `every box has an answer, none is selected (← goes back); next: ${this.data.onward}`;
    this.message += this.message ? `; ${told}` : told;
  }

  nextOpen(after) {
    const n = this.places.length;
    for (const wanted of ["open", "skipped"]) {
      for (let step = 0; step < n; step += 1) {
        const number = (after + 1 + step) % n;
        if (this.ledger.status(this.places[number]) === wanted) return number;
      }
    }
    return null;
  }
}
