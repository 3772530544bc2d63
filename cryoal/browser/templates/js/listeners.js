// Keys, mouse and wheel.

function listenTo(review, views, chooser) {
  const act = (action, label = null) => {
    if (views.act(action, label)) return undefined;
    if (views.all.has(action)) return views.toggle(action);
    if (action === "queues") return chooser.open();
    if (action === "like-this") return review.likeThis();
    if (action === "rounds") return review.closing.toggle();
    return review.act(action, label);
  };

  document.addEventListener("keydown", (event) => {
    if ($("dialog[open]") || event.defaultPrevented || event.isComposing) return;
    const isButton = event.target.closest?.("button, a, summary");
    if (isButton && ["Enter", " "].includes(event.key)) return; // the button's own
    if (event.target.closest?.("input, select") && event.key !== "Escape") return;
    const key = review.session.keys.name(event);
    const { action, label } = review.session.keys.meaning(key);
    if (!action) return;
    if (event.repeat && !/right|left|up|down|deeper|shallower/.test(action)) { // a key held down
      event.preventDefault();
      return;
    }
    event.preventDefault();
    act(action, label);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const card = event.target.closest(".card[data-number]");
    if (button?.classList.contains("close")) button.closest("dialog").close();
    if (button?.dataset.label !== undefined) act("class", button.dataset.label);
    if (button?.dataset.action) act(button.dataset.action);
    if (card) {
      review.session.message = "";
      review.session.go(Number(card.dataset.number), event.shiftKey);
      toGallery();
      review.draw();
    }
    // After the mouse, Enter and Space are the review's again; Tab users keep their place.
    if (button && event.detail > 0 && !$("dialog[open]") && views.shown === "cards") toGallery();
  });

  $("#focus").addEventListener("wheel", (event) => {
    if (!event.target.closest("#slabs") || event.ctrlKey) return;
    event.preventDefault();
    act(event.deltaY > 0 ? "deeper" : "shallower");
  }, { passive: false });

  for (const dialog of document.querySelectorAll("#sheet, #saved, #queues")) {
    dialog.addEventListener("close", () => views.shown === "cards" && toGallery());
  }
}
