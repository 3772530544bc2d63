// When every box has an answer, and on demand: what was said, where it differs from what was
// suggested, how the classifier does, and the next round.

class Closing {
  constructor(review, views, chooser) {
    Object.assign(this, { review, views });
    this.isWanted = false;
    this.rounds = review.isServed ? new Rounds(review, views, chooser) : null;
    if (this.rounds) this.rounds.onEnd = (job) => {
      this.trend();
      if (job.command.split(" ")[1] === "map") views.all.get("map").renew();
    };
    const button = $("#to-rounds");
    button.hidden = false;
    button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    if (this.views.shown !== "cards") this.views.show("cards");
    this.isWanted = !this.isShown;
    this.review.draw();
    if (this.isShown) $("#rounds").focus({ preventScroll: true });
    else toGallery();
  }

  get isShown() {
    return this.isWanted || this.review.session.isPast;
  }

  // Whether a key was only there to go back to the box in front.
  closes(action) {
    if (!this.isWanted || this.review.session.isPast) return false;
    this.isWanted = false;
    return true;
  }

  draw() {
    const { session } = this.review;
    $("#focus").hidden = this.isShown;
    $("#rounds").hidden = !this.isShown;
    $("#to-rounds").setAttribute("aria-pressed", this.isShown);
    if (!this.isShown) {
      this.wasShown = false;
      return;
    }
    this.drawCounts(session);
    this.drawDiffers(session);
    if (!this.wasShown) this.look();
    this.wasShown = true;
  }

  drawCounts(session) {
    const progress = session.progress();
    const { nDone, nBoxes, nUnsure, nSkipped, nFlagged } = progress;
    $("#closing-title").textContent = nDone === nBoxes ? `Done: ${session.data.queue.name}` : `So far: ${session.data.queue.name}`;
    const numbers = [[nDone - nUnsure, "answered"], [nUnsure, "unsure"], [nSkipped, "put off"], [nFlagged, "flagged"], [nBoxes - nDone - nSkipped, "open"]];
    const spent = progress.seconds.reduce((sum, each) => sum + each, 0);
    $("#closing-counts").replaceChildren(
      make("p", { class: "numbers" }, ...numbers.filter(([n], k) => n || !k).map(([n, word]) => make("span", {}, make("b", {}, counted(n)), ` ${word}`)),
        ...(spent ? [make("span", { class: "quiet" }, `in ${saidTime(spent)}`)] : [])),
      make("p", { class: "numbers" }, ...[...progress.byClass].filter(([, n]) => n).map(([name, n]) =>
        make("span", { class: "legend" }, shape(session.classMark(name)), name, ` ${counted(n)}`))),
      ...this.passed(session), ...this.following(session));
  }

  // Boxes of an audit that leave it, as this queue would have had them too.
  passed(session) {
    const n = passedBy(session.data, session.memory.lines()).length;
    return n ? [make("p", { class: "quiet" }, `${boxesOf(n)} of the audit ${n === 1 ? "was" : "were"} among them and left it`)] : [];
  }

  // Of a queue that is longer than a page, what comes after it.
  following(session) {
    const { items, queue } = session.data;
    if (!this.review.isServed || !session.isPast || queue.n_all <= items.length) return [];
    const here = new URLSearchParams(location.search);
    const where = { ...JSON.parse(here.get("where") ?? "{}"), answered: "no" };
    const next = { queue: here.get("queue") ?? queue.name, order: here.get("order") ?? undefined, where, lasso: here.get("lasso") ?? undefined };
    return [press("The next ones without an answer", () => { location.search = addressOf(next); })];
  }

  drawDiffers(session) {
    const differing = session.data.items.map((item, number) => ({ item, number, shown: session.shown(number) }))
      .filter(({ shown }) => shown.status === "answered" && shown.suggestion !== null && shown.suggestion !== shown.label);
    const nSuggested = session.data.items.filter((_, number) => {
      const shown = session.shown(number);
      return shown.status === "answered" && shown.suggestion !== null;
    }).length;
    const list = make("ul", { class: "differs" }, ...differing.slice(0, 40).map(({ item, number, shown }) =>
      make("li", {}, press([item.key, shape(session.classMark(shown.suggestion)), `${shown.suggestion}? →`, shape(session.classMark(shown.label)), shown.label],
        () => this.goTo(number), { class: "plain" }))));
    const more = differing.length > 40 ? [make("p", { class: "quiet" }, `and ${differing.length - 40} more`)] : [];
    $("#differs").replaceChildren(...(nSuggested ? [
      make("h3", {}, `Other than suggested: ${differing.length} of ${nSuggested}`), list, ...more] : []));
  }

  goTo(number) {
    this.isWanted = false;
    this.review.session.message = "";
    this.review.session.go(number);
    this.review.draw();
    toGallery();
  }

  // The trend and the steps: of the campaign, so the server tells them.
  async look() {
    if (!this.review.isServed) {
      $("#steps").replaceChildren(...this.review.data.commands.map(({ title, text }) =>
        make("p", {}, title, make("br"), make("code", {}, text))));
      return;
    }
    this.trend();
    this.rounds.look();
  }

  async trend() {
    try {
      const { trend } = await this.review.memory.ask("/trend");
      $("#trend").replaceChildren(...(trend.length ? [make("h3", {}, "How the classifier does"), ...trend.map((line) => make("p", {}, line))] : []));
    } catch (error) {
      $("#trend").replaceChildren(make("p", { class: "alarm" }, error.message));
    }
  }
}
