// A page on its own: presses stay in the browser and are saved as a file.

// What is wrong with the name of an annotator, or "": cryoal/data/annotators.py.
function checkName(name) {
  if (!name || name.trim() !== name || /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    return `expected a name of visible characters, without spaces at its ends, found '${name}'`;
  }
  const bytes = [...new TextEncoder().encode(name)];
  const n = bytes.reduce((sum, byte) => sum + (/[A-Za-z0-9._-]/.test(String.fromCharCode(byte)) ? 1 : 3), 0);
  return n <= 243 ? "" : "expected a shorter name: it becomes that of a file";
}

function renamedLines(lines, renamed) {
  const now = (label) => (label && Object.hasOwn(renamed, label) ? renamed[label] : label);
  return lines.map((line) => (line.label ? { ...line, label: now(line.label) } : line));
}

// Keys of the audit boxes that would have come by the time of these answers: cryoal/review/passing.py.
function passedBy({ items, queue }, lines) {
  if (!queue.passed.length) return [];
  const answered = new Set(lines.filter((line) => "label" in line).map((line) => line.key));
  const last = items.findLastIndex((item) => answered.has(item.key));
  const isAll = last === items.length - 1;
  return queue.passed.filter(([before]) => isAll || before <= last).map(([, key]) => key);
}

const linesOf = (journals, name) => (Object.hasOwn(journals, name) ? journals[name] : []);

// `later`, behind those lines of `earlier` that it repeats.
function joined(earlier, later) {
  const there = new Set(earlier.map(identityOf));
  return [...earlier, ...later.filter((line) => !there.has(identityOf(line)))];
}

function asFile(data, annotator, newClasses, events) {
  const facts = {
    format: data.format, version: data.version, campaign: data.campaign, annotator,
    queue: data.queue.name, new_classes: newClasses, events, passed: passedBy(data, events),
  };
  const who = annotator.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, "_"); // the name itself is in the file
  const name = `review_${data.queue.name.replace(/[^A-Za-z0-9]+/g, "_")}_${who}.json`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(facts, null, 1)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}

// A string that survives, unless the browser will not have it: then `problem` says so.
class Shelf {
  constructor() {
    this.problem = "";
    try {
      this.storage = window.localStorage;
      this.storage.getItem("cryoal");
    } catch (error) {
      this.fails(error);
    }
  }

  fails(error) {
    this.storage = null;
    this.problem = `this browser keeps nothing (${error.message}): save before closing this page`;
  }

  get(name, otherwise) {
    const text = this.storage?.getItem(name) ?? null;
    if (text === null) return otherwise;
    try {
      return JSON.parse(text);
    } catch {
      this.put(`${name} damaged`, text);
      this.problem = `expected the presses of this page in the browser, found something else; it is kept as '${name} damaged'`;
      return otherwise;
    }
  }

  put(name, value) {
    try {
      this.storage?.setItem(name, JSON.stringify(value));
    } catch (error) { // full
      this.fails(error);
    }
  }

  drop(name) {
    this.storage?.removeItem(name);
  }

  names(start) {
    return Object.keys(this.storage ?? {}).filter((name) => name.startsWith(start));
  }
}

// Names that are equal so look alike, or differ by capitals alone: cryoal/campaign/class_names.py.
const folded = (name) => name.normalize("NFKC").replace(/\p{Cf}/gu, "").toLowerCase().split(/\s+/).filter(Boolean).join(" ");

class FileMemory {
  constructor(data, annotator, shelf) {
    Object.assign(this, { data, annotator, shelf });
    this.place = `cryoal ${data.campaign} ${data.queue.name} ${encodeURIComponent(annotator)}`;
    this.base = linesOf(data.journals, annotator);
    this.kept = this.read();
    this.onChange = () => {};
    window.addEventListener("storage", (event) => { // the same page in another tab
      if (event.key !== this.place) return;
      this.merge();
      this.onChange();
    });
  }

  // Classes that were made on this page, but for those that undo left without an answer.
  get newClasses() {
    const { recalled } = labelsOf(this.lines());
    return this.kept.newClasses.filter((name) => !recalled.has(name));
  }

  // The classes after an undo or redo, and which of them are gone, or back, with it.
  afterRecall(before) {
    const now = this.newClasses;
    const gone = this.kept.newClasses.filter((name) => before.includes(name) && !now.includes(name));
    const back = now.filter((name) => !before.includes(name));
    if (back.length) {
      this.kept.newClasses = [...this.kept.newClasses.filter((name) => !back.includes(name)), ...back];
      this.shelf.put(this.place, this.kept);
    }
    const classes = [...before.filter((name) => !gone.includes(name)), ...back];
    this.data.settings = { ...this.data.settings, classes };
    return { gone, back, classes };
  }

  get problem() {
    return this.shelf.problem;
  }

  get nWaiting() {
    return this.kept.events.slice(this.kept.nSaved).filter((line) => !("sitting" in line)).length;
  }

  get waiting() {
    return this.nWaiting ? `not in a file yet: ${this.nWaiting}` : "";
  }

  lines() {
    return joined(this.base, renamedLines(this.kept.events, this.data.settings.renamed));
  }

  add(lines) {
    const before = this.kept.events.length;
    this.merge();
    const hasMore = this.kept.events.length !== before;
    this.kept.events.push(...lines);
    this.shelf.put(this.place, this.kept);
    return hasMore;
  }

  async addClass(name, classes) {
    if (!name || name.includes(",") || /[\p{C}\p{Zl}\p{Zp}]/u.test(name)) {
      throw new Error(`expected classes printable names without commas or outer spaces, found '${name}'`);
    }
    const twin = classes.find((other) => other !== name && folded(other) === folded(name));
    if (twin !== undefined) throw new Error(`expected a class that can be told from '${twin}', found '${name}'`);
    this.kept.newClasses = [...this.kept.newClasses.filter((other) => other !== name), name];
    this.shelf.put(this.place, this.kept);
    return {
      settings: { ...this.data.settings, classes: [...classes, name] },
      told: `; '${name}' is a new class: cryoal label adds it to the campaign`,
    };
  }

  save() {
    const name = asFile(this.data, this.annotator, this.kept.newClasses, this.kept.events);
    this.kept.nSaved = this.kept.events.length;
    this.shelf.put(this.place, this.kept);
    return name;
  }

  read() {
    return this.shelf.get(this.place, { events: [], newClasses: [], nSaved: 0 });
  }

  // What another tab has added meanwhile comes first.
  merge() {
    const there = this.read();
    this.kept.events = joined(there.events, this.kept.events);
    this.kept.newClasses = [...new Set([...there.newClasses, ...this.kept.newClasses])];
    this.kept.nSaved = Math.max(there.nSaved, this.kept.nSaved);
  }
}
