// What one annotator's lines add up to for the boxes of a queue: cryoal/review/ledger.py.

const placeOf = (key, repeat) => (repeat ? "2 " : "1 ") + key;

// The name of the sitting that a press belongs to; "" of none.
const sittingOf = (press) => press.slice(0, Math.max(press.lastIndexOf("-"), 0));

// What makes a line the same line, wherever it was read; classes may have been renamed since.
function identityOf(line) {
  if ("sitting" in line) return `sitting ${line.sitting}`;
  if ("undo" in line) return `undo ${line.undo} ${line.time}`;
  if ("redo" in line) return `redo ${line.redo} ${line.time}`;
  const kind = "skip" in line ? "skip" : "flag" in line ? "flag" : "answer";
  return `${kind} ${line.press ?? ""} ${placeOf(line.key ?? line.skip ?? line.flag, line.repeat)} ${line.time}`;
}

// At which showings of one box a flag is up: false the first, true the repeat.
function flagsUp(lines) {
  const up = new Set();
  for (const { raised, repeat = false } of lines) {
    if (raised) up.add(repeat);
    else for (const which of repeat ? [true] : [false, true]) up.delete(which);
  }
  return up;
}

// The classes that answers in force name, and those that only answers name which were taken back.
function labelsOf(lines) {
  const gone = new Set();
  for (const line of lines) {
    if ("undo" in line) gone.add(line.undo);
    if ("redo" in line) gone.delete(line.redo);
  }
  const named = (isGone) => new Set(lines.filter((line) => line.label && gone.has(line.press) === isGone).map((line) => line.label));
  const inForce = named(false);
  return { inForce, recalled: new Set([...named(true)].filter((label) => !inForce.has(label))) };
}

class Ledger {
  // onlyOf: answers and skips count that were given in sittings of the queue of this name; null: all
  constructor(places, onlySettling, lines, onlyOf = null) {
    this.onlySettling = onlySettling;
    this.onlyOf = onlyOf;
    this.sittings = new Set();
    this.answers = new Map(places.map((place) => [place, []]));
    this.flags = new Map(places.map((place) => [place.slice(2), []]));
    this.seconds = []; // how long each answer took, in the order of answering
    this.void = new Set();
    this.undoable = [];
    this.redoable = [];
    this.ofPress = new Map();
    for (const line of lines) this.take(line);
  }

  take(line) {
    if ("sitting" in line) {
      if (line.queue === this.onlyOf) this.sittings.add(line.sitting);
      return;
    }
    if ("undo" in line) return this.recall(line.undo, this.undoable, this.redoable, false);
    if ("redo" in line) return this.recall(line.redo, this.redoable, this.undoable, true);
    let place;
    if ("flag" in line) {
      if (!this.flags.has(line.flag)) return;
      this.flags.get(line.flag).push(line);
      place = placeOf(line.flag, line.repeat);
      if (!this.answers.has(place)) place = placeOf(line.flag, !line.repeat);
    } else {
      place = placeOf(line.key ?? line.skip, line.repeat);
      if (!this.answers.has(place)) return;
      if (this.onlySettling && "label" in line && !line.settles) return;
      if (this.onlyOf !== null && !this.sittings.has(sittingOf(line.press ?? ""))) return;
      this.answers.get(place).push(line);
      if (line.seconds !== undefined) this.seconds.push(line.seconds);
    }
    if (!line.press) return;
    if (!this.ofPress.has(line.press)) this.ofPress.set(line.press, []);
    this.ofPress.get(line.press).push(place);
    if (this.undoable.at(-1) !== line.press) {
      this.undoable.push(line.press);
      this.redoable = [];
    }
  }

  recall(press, source, target, again) {
    if (again) this.void.delete(press);
    else this.void.add(press);
    const at = source.indexOf(press);
    if (at < 0) return;
    source.splice(at, 1);
    target.push(press);
  }

  inForce(lines) {
    return lines.filter((line) => !line.press || !this.void.has(line.press));
  }

  last(place) {
    const kept = this.inForce(this.answers.get(place) ?? []);
    return kept.findLast((line) => "label" in line) ?? kept.at(-1) ?? null;
  }

  status(place) {
    const last = this.last(place);
    if (!last) return "open";
    if (!("label" in last)) return "skipped";
    return last.label === null ? "unsure" : "answered";
  }

  // Whether an answer was ever given, also one that was taken back.
  hasAnswered(place) {
    return this.answers.get(place).some((line) => "label" in line);
  }

  label(place) {
    return this.last(place)?.label ?? null;
  }

  // Where a box is shown twice each place has a flag of its own: it would tell the second time.
  isFlagged(place) {
    const key = place.slice(2);
    const up = flagsUp(this.inForce(this.flags.get(key)));
    const isRepeat = place === placeOf(key, true);
    return this.answers.has(placeOf(key, !isRepeat)) ? up.has(isRepeat) : up.size > 0;
  }
}
