// What fills the window: the cards, or one of the other views, which Esc leaves.

const toGallery = () => $("#gallery").focus({ preventScroll: true });

class Views {
  constructor() {
    this.shown = "cards";
    this.all = new Map();
  }

  // does: {open(), close(), act(action, label) -> whether it was the view's}
  add(name, does) {
    this.all.set(name, does);
    const button = $(`#to-${name}`);
    button.hidden = false;
    button.addEventListener("click", () => this.toggle(name));
  }

  toggle(name) {
    return this.show(this.shown === name ? "cards" : name);
  }

  show(name) {
    this.all.get(this.shown)?.close?.();
    this.shown = name;
    document.body.dataset.view = name;
    for (const section of document.querySelectorAll("[data-of]")) section.hidden = section.dataset.of !== name;
    for (const other of this.all.keys()) $(`#to-${other}`).setAttribute("aria-pressed", other === name);
    if (name === "cards") return toGallery();
    const section = $(`[data-of=${name}]`);
    section.focus({ preventScroll: true });
    return this.all.get(name).open();
  }

  // Whether the view in front had something to do with the key.
  act(action, label) {
    if (this.shown === "cards") return false;
    if (this.all.get(this.shown).act?.(action, label)) return true;
    if (action === "escape" || action === "back") {
      this.show("cards");
      return true;
    }
    return !this.all.has(action) && !["sheet", "queues", "rounds"].includes(action); // keys of the cards rest
  }
}
