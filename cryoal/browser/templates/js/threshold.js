// A probability that boxes of a class have to reach: how many do, which lie beside it, and how good
// those that do are by the audit.

class Threshold {
  constructor(review, chooser) {
    this.review = review;
    $("#threshold-draw").addEventListener("click", async () => {
      if (await chooser.drawAudit()) location.search = addressOf({ queue: "audit" });
    });
    this.isAsking = false;
    this.wanted = null;
    for (const id of ["#threshold-class", "#threshold-p"]) $(id).addEventListener("input", () => this.ask());
    $("#review-above").addEventListener("click", () => this.go("above"));
    $("#review-below").addEventListener("click", () => this.go("below"));
  }

  open() {
    const { session } = this.review;
    const here = session.isPast ? null : session.shown(session.position).suggestion;
    const select = $("#threshold-class");
    const chosen = select.value || here || session.classes[0];
    select.replaceChildren(...session.classes.map((name) => make("option", { value: name, selected: name === chosen }, name)));
    $("#threshold-p").focus();
    this.ask();
  }

  // Follows the slider: one question at a time, the last one counts.
  async ask() {
    const [name, p] = [$("#threshold-class").value, Number($("#threshold-p").value)];
    $("#threshold-value").textContent = p.toFixed(2);
    this.wanted = { name, p };
    if (this.isAsking) return;
    this.isAsking = true;
    while (this.wanted) {
      const { wanted } = this;
      this.wanted = null;
      const query = new URLSearchParams({ class: wanted.name, p: wanted.p });
      try {
        this.draw(await this.review.memory.ask(`/threshold?${query}`));
      } catch (error) {
        $("#threshold-counts").textContent = error.message;
        $("#threshold-audit").textContent = "";
      }
    }
    this.isAsking = false;
  }

  draw(side) {
    this.side = side;
    $("#threshold-counts").textContent = side.told;
    $("#threshold-audit").textContent = side.audit;
    $("#threshold-draw").hidden = side.is_audited;
    $("#threshold-command").replaceChildren("the same on the command line: ", make("code", {}, side.command));
    $("#review-above").textContent = `Review the ${counted(side.n_kept)} above, least sure first`;
    $("#review-below").textContent = `Review the ${counted(side.n_left)} below, surest first`;
    $("#review-above").disabled = !side.n_kept;
    $("#review-below").disabled = !side.n_left;
    clearTimeout(this.later); // pictures once the slider rests
    this.later = setTimeout(() => this.pictures(side), 120);
  }

  async pictures(side) {
    const rows = [...side.above, ...side.below];
    const found = rows.length ? (await this.review.memory.ask("/cards", { rows }).catch(() => ({ found: [] }))).found : [];
    if (this.side !== side) return;
    const peeks = found.map((told) => makePeek(this.review.session, seenOf(told)));
    $("#above").replaceChildren(...peeks.slice(0, side.above.length));
    $("#below").replaceChildren(...peeks.slice(side.above.length));
  }

  go(side) {
    const [name, p] = [$("#threshold-class").value, Number($("#threshold-p").value)];
    const range = side === "above" ? [p, 1] : [0, Math.max(0, p - 5e-7)];
    location.search = addressOf({ queue: `class:${name}`, order: side === "above" ? "least" : "surest", where: { probability: range, answered: "no" } });
  }
}
