// The tomogram around each box, three times its width: in a saved page from the start, on a served
// one asked for as cards come into sight.

class Tiles {
  // ask(rows): resolves to the tiles of these rows in their order; null: there are no more than `known`
  constructor({ known = null, rows, ask = null }) {
    Object.assign(this, { rows, ask });
    this.found = new Map((known ?? []).map((tile, picture) => [picture, tile]));
    this.wanted = new Set();
    this.isAsking = false;
    this.onArrival = () => {};
  }

  // {image, low, high}, {missing}, or null while it is on its way; of `image`, the middle `share` is shown.
  of(picture) {
    if (!this.found.has(picture)) this.want([picture]);
    return this.found.get(picture) ?? null;
  }

  // Why some have none.
  get reasons() {
    return new Set([...this.found.values()].map((tile) => tile.missing).filter(Boolean));
  }

  want(pictures) {
    for (const picture of pictures) if (!this.found.has(picture)) this.wanted.add(picture);
    if (this.wanted.size && this.ask && !this.isAsking) {
      this.isAsking = true;
      queueMicrotask(() => this.fetch());
    }
  }

  async fetch() {
    while (this.wanted.size) {
      const some = [...this.wanted].slice(0, 40);
      try {
        const tiles = await this.ask(some.map((picture) => this.rows[picture]));
        some.forEach((picture, k) => this.found.set(picture, tiles[k]));
      } catch (error) {
        if (!error.isRefusal) break; // the server is away: asked for again when it is drawn next
        for (const picture of some) this.found.set(picture, { missing: error.message });
      }
      for (const picture of some) this.wanted.delete(picture);
      this.onArrival();
    }
    this.isAsking = false;
  }
}

// Shows `tile` in an element made by `makeTile`.
function drawTile(element, tile, words) {
  const image = $("img", element);
  const state = tile === null ? "waiting" : tile.missing ? "missing" : "there";
  element.dataset.tile = state;
  const source = tile?.image ?? "";
  if (image.getAttribute("src") !== source) {
    if (source) image.src = source;
    else image.removeAttribute("src");
  }
  image.alt = state === "there" ? words : "";
  element.title = tile?.missing ?? "";
  $(".no-tile", element).textContent = state === "missing" ? "no tomogram" : "";
  if (state !== "there") return;
  // A picture that reaches further than the tile shows its middle only.
  const share = tile.share ?? 1;
  image.style.width = image.style.height = `${100 / share}%`;
  image.style.left = image.style.top = `${50 - 50 / share}%`;
  const boxed = $(".boxed", element);
  boxed.style.left = boxed.style.top = `${100 * tile.low}%`;
  boxed.style.width = boxed.style.height = `${100 * (tile.high - tile.low)}%`;
}

function makeTile(tag = "div") {
  return make(tag, { class: "tile" }, make("img", { alt: "" }),
    make("span", { class: "boxed", "aria-hidden": "true" }), make("span", { class: "no-tile" }));
}
