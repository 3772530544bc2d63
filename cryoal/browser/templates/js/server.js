// A page that came from `cryoal review --serve`: each press goes to the journal at once. What the
// server has not confirmed is kept here and in the browser, and sent again.

const AT_ONCE = 50; // presses in one request after the server was away
const MOST_LINES = 4000; // in one request, of which the server takes 2 MB: a press may be about a whole heap
const RETRY = 1500; // ms
const LOOK = 15_000; // ms between two looks at what others have answered

class ServerMemory {
  constructor(data, annotator, shelf) {
    Object.assign(this, { data, annotator, shelf });
    const start = `cryoal ${data.campaign} ${data.queue.name} ${encodeURIComponent(annotator)} waiting `;
    this.place = start + crypto.getRandomValues(new Uint32Array(1))[0];
    this.adopted = shelf.names(start); // of a page that was closed before the server was back
    this.passedPlace = `cryoal ${data.campaign} passed ${encodeURIComponent(annotator)}`;
    this.passed = new Set(shelf.get(this.passedPlace, [])); // audit boxes in a lasso that was answered
    this.base = linesOf(data.journals, annotator);
    this.units = []; // of lines; a press each
    this.trouble = "";
    this.isSending = this.isCareful = this.wasRefused = false;
    this.nChanges = 0;
    this.newClasses = [];
    this.onChange = () => {}; // the lines are others than they were
    this.onWaiting = () => {}; // they wait, or wait no more
    this.onRefusal = () => {};
    this.onSettings = () => {};
    this.onJournals = () => {};
    const there = new Set(this.base.map(identityOf));
    for (const name of this.adopted) {
      this.units.push(...shelf.get(name, []).filter((unit) => !unit.every((line) => there.has(identityOf(line)))));
    }
    this.keep();
    if (!this.units.length) this.release();
  }

  // Called once the page can show what comes of it.
  start() {
    window.addEventListener("focus", () => this.look());
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    setInterval(() => document.hidden || this.look(), LOOK);
    this.send();
  }

  get problem() {
    return this.units.length ? this.trouble : "";
  }

  get nWaiting() {
    return this.units.length;
  }

  get waiting() {
    return this.nWaiting ? `not saved yet: ${this.nWaiting}` : "";
  }

  lines() {
    return joined(this.base, renamedLines(this.units.flat(), this.data.settings.renamed));
  }

  add(lines) {
    this.units.push(lines);
    this.nChanges += 1;
    this.keep();
    this.send();
    return false;
  }

  // With what is sent next, these boxes leave the audit.
  pass(keys) {
    this.passed = new Set([...this.passed, ...keys]);
    this.shelf.put(this.passedPlace, [...this.passed]);
  }

  hasPassed(keys) {
    const left = [...this.passed].filter((key) => !keys.includes(key));
    if (left.length === this.passed.size) return;
    this.passed = new Set(left);
    if (left.length) this.shelf.put(this.passedPlace, left);
    else this.shelf.drop(this.passedPlace);
  }

  async addClass(name) {
    const { settings } = await this.ask("/classes", { name });
    return { settings, told: `; '${name}' is now a class of the campaign` };
  }

  save() {
    return asFile(this.data, this.annotator, [], this.units.flat());
  }

  keep() {
    if (this.units.length) this.shelf.put(this.place, this.units);
    else this.shelf.drop(this.place);
  }

  release() {
    for (const name of this.adopted) this.shelf.drop(name);
    this.adopted = [];
  }

  async send() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.units.length) {
      const batch = this.batch();
      try {
        const lines = batch.flat();
        const passed = [...new Set([...passedBy(this.data, lines), ...this.passed])];
        const { settings } = await this.ask("/events", { annotator: this.annotator, lines, passed });
        this.base = joined(this.base, lines);
        this.hasPassed(passed);
        this.units = this.units.slice(batch.length);
        this.trouble = "";
        this.onSettings(settings);
      } catch (error) {
        if (!error.isRefusal) {
          this.trouble = error.message;
          clearTimeout(this.later); // one for all presses that wait, or each would ask for itself
          this.later = setTimeout(() => this.send(), RETRY);
          break;
        }
        if (batch.length > 1) {
          this.isCareful = true; // one of them: find out which
        } else {
          this.takeBack(batch[0], error.message);
          this.onChange();
        }
      }
      this.nChanges += 1;
      this.keep();
    }
    if (!this.units.length) {
      this.isCareful = false;
      this.release();
    }
    this.isSending = false;
    if (this.wasRefused) this.look(); // at the classes of now, most likely
    this.wasRefused = false;
    this.onWaiting();
  }

  // The presses that are sent next: many that waited, or one of a heap of boxes.
  batch() {
    let n = 0;
    const isFitting = (unit) => { n += unit.length; return n <= MOST_LINES; };
    const units = this.units.slice(0, this.isCareful ? 1 : AT_ONCE);
    const end = units.findIndex((unit) => !isFitting(unit));
    return units.slice(0, end < 0 ? units.length : Math.max(end, 1));
  }

  takeBack(unit, message) {
    const presses = new Set(unit.map((line) => line.press).filter(Boolean));
    this.units = this.units.slice(1).filter(
      ([line]) => !presses.has(line.undo) && !presses.has(line.redo));
    this.wasRefused = true;
    this.onRefusal(message, unit);
  }

  // What others have answered, and this annotator in another window.
  async look() {
    const before = this.nChanges;
    if (this.isSending || this.units.length) return;
    try {
      const found = await this.ask(`/events?annotator=${encodeURIComponent(this.annotator)}&${queueAsked()}`);
      if (this.nChanges !== before) return;
      this.base = linesOf(found.journals, this.annotator);
      this.onSettings(found.settings);
      this.onJournals(found.journals);
    } catch {
      // nothing waits: the next press tells
    }
  }

  // The answer of the server; an error says whether it has refused for good.
  async ask(address, body = null) {
    let answer;
    try {
      // relative to the page: a campaign may be one of several that the server has
      answer = await fetch(address.replace(/^\//, ""), {
        method: body ? "POST" : "GET",
        headers: { "X-Cryoal-Token": this.data.token, ...(body && { "Content-Type": "application/json" }) },
        body: body && JSON.stringify(body),
        cache: "no-store",
      });
    } catch {
      throw new Error("the server is away; presses are kept here and sent when it is back");
    }
    if (answer.ok) return answer.json();
    const error = new Error((await answer.text()).trim());
    error.isRefusal = answer.status === 400;
    throw error;
  }
}
