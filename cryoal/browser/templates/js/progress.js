// How far a sitting is, and how long the rest will take: cryoal/review/progress.py.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function saidTime(seconds) {
  if (seconds < 55) return `${Math.max(10, Math.round(seconds / 10) * 10)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

class Progress {
  constructor(counts, pace) {
    Object.assign(this, counts);
    this.pace = pace;
  }

  get secondsLeft() {
    if (this.seconds.length < this.pace.fewest) return null;
    return median(this.seconds.slice(-this.pace.recent)) * (this.nBoxes - this.nDone);
  }

  get isBreakDue() {
    return this.sittingSeconds >= this.pace.break_after && this.nDone < this.nBoxes;
  }

  line() {
    let out = `${this.nDone} of ${this.nBoxes}`;
    if (this.nDone < this.nBoxes && this.secondsLeft !== null) {
      out += `, about ${saidTime(this.secondsLeft)} left`;
    }
    const counts = [...this.byClass].filter(([, n]) => n).map(([name, n]) => `${name} ${n}`);
    const more = [
      [this.nUnsure, "unsure"],
      [this.nSkipped, "skipped"],
      [this.nFlagged, "flagged"],
      [this.nConflicts, "in conflict"],
    ].filter(([n]) => n).map(([n, word]) => `${n} ${word}`);
    const isDone = this.nDone === this.nBoxes; // sooner it would tell which they are
    if (this.nRepeats && isDone) more.push(`${this.nRepeatsSame} of ${this.nRepeats} repeats the same`);
    return [out, ...(counts.length ? [counts.join(", ")] : []), ...more].join("; ");
  }
}
