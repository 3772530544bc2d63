// A box that is looked at outside the queue: on the map, beside a threshold, in the closing card.

// Whether it may be told what is predicted: not where suggestions are hidden, or come after the answer.
const isTold = (data) => data.suggestions === "open";

// seen: {key, tomogram, slabs: three arrays of grey, edge, tile, label, predicted, probability}
function makePeek(session, seen, does = null) {
  const canvas = make("canvas", { role: "img", "aria-label": `slabs xy, xz and yz of ${seen.key}` });
  paintCard(canvas, seen.slabs, seen.edge, CARD);
  const tile = makeTile();
  drawTile(tile, seen.tile, `the tomogram around ${seen.key}, the box outlined`);
  const words = seen.label !== null
    ? chipOf(session, { status: "answered", label: seen.label, suggestion: null, probability: null })
    : make("div", { class: "chip" }, ...suggestionOf(session, seen.predicted, seen.probability, false));
  return make(does ? "button" : "div", { class: "card peek", ...(does && { type: "button" }), title: `${seen.key}, ${seen.tomogram}` },
    make("span", { class: "pictures" }, canvas, tile), words, make("span", { class: "hint" }, seen.key));
}

// What the server tells of a box, ready to be drawn.
function seenOf(told) {
  return { ...told, slabs: told.slabs.map((text) => unpacked(text, Uint8Array)) };
}

// A box that the page holds itself.
function seenHere(review, item) {
  const { session, boxes, tiles, data } = review;
  const label = session.ledger.label(placeOf(item.key, false));
  return {
    key: item.key, tomogram: item.tomogram, edge: boxes.box.edge,
    slabs: boxes.draw(item.picture, { level: 0 }), tile: tiles.of(item.picture), label,
    predicted: item.repeat || !isTold(data) ? null : item.suggestion,
    probability: item.repeat || !isTold(data) ? null : item.probability,
  };
}
