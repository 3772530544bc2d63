// Queues of the boxes that a saved page holds.

class HeldQueues extends Chooser {
  constructor(review) {
    super({
      kinds: () => this.allKinds(),
      count: (kind, where) => this.counts(kind, where),
      open: (kind, order, where) => {
        this.chosen = { which: kind.which, order, where };
        const isWhole = kind.which === "here" && !Object.keys(where).length && order === "score";
        review.open(isWhole ? review.data.queue.name : kind.title, isWhole ? review.data.items : this.items(kind.which, where, order));
        toGallery();
      },
    });
    this.review = review;
    this.chosen = { which: "here", order: "score", where: {} };
  }

  // What each box is by now: the answer given here, else the suggestion.
  facts() {
    const { session, data } = this.review;
    const ledger = new Ledger(data.items.map((item) => placeOf(item.key, item.repeat)), data.queue.settles, session.memory.lines());
    return data.items.filter((item) => !item.repeat).map((item) => {
      const place = placeOf(item.key, false);
      const status = ledger.status(place);
      const isHidden = !isTold(data);
      const label = ledger.label(place);
      return {
        item, status, isFlagged: ledger.isFlagged(place),
        name: label ?? (isHidden || status === "unsure" ? null : item.suggestion),
        probability: isHidden ? null : item.probability, doubt: isHidden ? null : data.doubts[item.picture],
      };
    });
  }

  holds = {
    here: () => true,
    open: (fact) => fact.status === "open",
    skipped: (fact) => fact.status === "skipped",
    unsure: (fact) => fact.status === "unsure",
    flagged: (fact) => fact.isFlagged,
  };

  isOf(which, fact) {
    return which.startsWith("class:") ? fact.name === which.slice(6) : this.holds[which](fact);
  }

  allKinds() {
    const facts = this.facts();
    const kind = (which, title, orders) => ({
      which, title, orders, filters: true, n: facts.filter((fact) => this.isOf(which, fact)).length,
    });
    const orders = ["score", "least", "surest", "tomogram"];
    return {
      chosen: this.chosen,
      kinds: [
        kind("here", "all boxes of this page", orders), kind("open", "without an answer", orders),
        kind("skipped", "put off", orders), kind("unsure", "unsure", orders), kind("flagged", "flagged", orders),
        ...this.review.session.classes.map((name) => kind(`class:${name}`, name, ["least", "surest", "score", "tomogram"])),
      ],
    };
  }

  passes(fact, where) {
    const isDone = ["answered", "unsure"].includes(fact.status);
    const within = (value, range) => !range || (value !== null && value >= range[0] && value <= range[1]);
    return (!where.classes || where.classes.includes(fact.name ?? ""))
      && (!where.tomograms || where.tomograms.includes(fact.item.tomogram))
      && (!where.answered || (where.answered === "yes") === isDone)
      && within(fact.probability, where.probability) && within(fact.doubt, where.doubt);
  }

  counts({ which }, where) {
    const facts = this.facts().filter((fact) => this.isOf(which, fact));
    const by = (field, names, valueOf) => {
      const others = { ...where };
      delete others[field];
      const passing = facts.filter((fact) => this.passes(fact, others));
      return Object.fromEntries(names.map((name) => [name, passing.filter((fact) => valueOf(fact) === name).length]));
    };
    return {
      n: facts.filter((fact) => this.passes(fact, where)).length,
      classes: by("classes", [...this.review.session.classes, ""], (fact) => fact.name ?? ""),
      tomograms: by("tomograms", [...new Set(this.review.data.items.map((item) => item.tomogram))], (fact) => fact.item.tomogram),
      annotators: {},
      answered: by("answered", ["yes", "no"], (fact) => (["answered", "unsure"].includes(fact.status) ? "yes" : "no")),
      has_probability: isTold(this.review.data) && facts.some((fact) => fact.probability !== null),
    };
  }

  items(which, where, order) {
    const facts = this.facts().filter((fact) => this.isOf(which, fact) && this.passes(fact, where));
    const sure = ({ probability }) => probability ?? 2;
    const orders = {
      least: (a, b) => sure(a) - sure(b),
      surest: (a, b) => (b.probability ?? -1) - (a.probability ?? -1),
      tomogram: (a, b) => (a.item.tomogram < b.item.tomogram ? -1 : Number(a.item.tomogram > b.item.tomogram)),
    };
    if (orders[order]) facts.sort(orders[order]);
    return facts.map((fact) => fact.item);
  }
}
