// A page of cards.

const CARD = 192; // pixels of a card's xy slab: the drawing, which is scaled to the card

class Gallery {
  constructor(boxes, tiles, pageSize) {
    Object.assign(this, { boxes, tiles });
    this.drawn = new WeakMap();
    this.scrolledTo = -1;
    this.cards = Array.from({ length: pageSize }, () => this.makeCard());
    this.element = $("#gallery");
    this.element.append(...this.cards);
  }

  // How many cards stand in a row decides where up and down lead.
  measure() {
    return Math.max(1, getComputedStyle(this.element).gridTemplateColumns.split(" ").length);
  }

  // What stands on a card besides the class is drawn by the style sheet: the label says it in words,
  // and has the class as it is seen, for those who speak to their browser.
  makeCard() {
    return make("div", { role: "option", class: "card", "aria-selected": "false" },
      make("div", { class: "top" }, make("span", { class: "place" }), make("span", { class: "flag" })),
      make("div", { class: "pictures" }, make("canvas", { role: "img", "aria-label": "" }), makeTile()),
      make("div", { class: "chip" }),
      make("div", { class: "hint" }));
  }

  draw(session, view) {
    const gallery = this.element;
    gallery.classList.toggle("alone", !session.others.length && !session.data.queue.settles);
    const first = Math.floor(session.position / session.pageSize) * session.pageSize;
    const selected = new Set(session.selection);
    const n = session.data.items.length;
    this.cards.forEach((card, k) => {
      const number = first + k;
      card.hidden = number >= n;
      if (card.hidden) {
        card.removeAttribute("id");
        return;
      }
      this.drawCard(card, session, number, selected, view);
    });
    const following = session.data.items.slice(first + session.pageSize, first + 2 * session.pageSize);
    this.tiles.want(following.map((item) => item.picture)); // there when one leafs on
    const front = this.cards[session.position - first];
    gallery.setAttribute("aria-activedescendant", session.isPast ? "" : front.id);
    if (this.scrolledTo !== session.position) {
      this.scrolledTo = session.position;
      // Below the large picture the cards may stay out of sight; beside it they may not.
      if (matchMedia("(min-width: 60rem)").matches) front.scrollIntoView({ block: "nearest" });
    }
    const pages = Math.ceil(n / session.pageSize);
    $("#where").textContent = `Page ${first / session.pageSize + 1} of ${pages}`;
    $("[data-action=page-up]").disabled = first === 0;
    $("[data-action=page-down]").disabled = first + session.pageSize >= n;
  }

  drawCard(card, session, number, selected, view) {
    const item = session.data.items[number];
    const shown = session.shown(number);
    card.id = `box-${number}`;
    card.dataset.number = number;
    card.setAttribute("aria-selected", selected.has(number));
    card.classList.toggle("front", number === session.position && !session.isPast);
    card.dataset.status = shown.status;
    card.setAttribute("aria-label", spokenOf(session, number, shown));
    const canvas = $("canvas", card);
    canvas.setAttribute("aria-label", `slabs xy, xz and yz of ${item.key}`);
    const picture = `${item.picture} ${view.level} ${view.isInverted}`;
    if (this.drawn.get(canvas) !== picture) {
      this.drawn.set(canvas, picture);
      paintCard(canvas, this.boxes.draw(item.picture, { ...view, depth: 0 }), this.boxes.box.edge, CARD);
    }
    const tile = $(".tile", card);
    drawTile(tile, this.tiles.of(item.picture), `the tomogram around ${item.key}, the box outlined`);
    tile.classList.toggle("inverted", view.isInverted);
    $(".place", card).dataset.drawn = number + 1;
    $(".flag", card).dataset.drawn = shown.isFlagged ? "⚑ flagged" : "";
    $(".chip", card).replaceWith(chipOf(session, shown, true));
    $(".hint", card).replaceChildren(...hintOf(shown.others));
  }
}
