// Queues of the campaign, which the server makes: each is a page of its own.

class ServedQueues extends Chooser {
  constructor(review) {
    super({
      kinds: () => review.memory.ask(`/queues?${review.whose()}`),
      count: (kind, where) => review.memory.ask("/counts", { queue: kind.which, where }),
      open: async (kind, order, where) => {
        if (kind.which === "audit" && kind.n === 0 && !(await this.drawAudit())) return;
        location.search = addressOf({ queue: kind.which, order, where });
      },
    });
    this.review = review;
  }

  // Boxes drawn at random, to know how good the classes are; whether there are some.
  async drawAudit() {
    const n = await askFor({
      title: "Audit", label: "How many boxes to draw at random, to know how good the classes are",
      value: "60", check: (text) => (/^[1-9][0-9]{0,3}$/.test(text.trim()) ? "" : "expected a number from 1 to 9999"),
    });
    if (n === null) return false;
    try {
      await this.review.memory.ask("/audit", { n: Number(n) });
      return true;
    } catch (error) {
      this.review.say(`not drawn: ${error.message}`);
      return false;
    }
  }
}
