const codeOf = (doubt) => (doubt === null ? 255 : Math.round(254 * doubt));

// The map of the boxes that a saved page holds; null where there was none when it was written.

function heldAtlas(review, views) {
  const { data } = review;
  const items = data.items.filter((item) => data.at[item.picture] && !item.repeat);
  if (!items.length) return null;
  const at = new Map(items.map((item, i) => [item.key, i]));
  return new Atlas(review, views, {
    load: async () => {
      const { classes } = review.session;
      const numberOf = (name) => (name === null ? -1 : classes.indexOf(name));
      const predicted = Int16Array.from(items, (item) => (isTold(data) ? numberOf(item.suggestion) : -1));
      const ledger = new Ledger(items.map((item) => placeOf(item.key, false)), false, review.memory.lines());
      const label = Int16Array.from(items, (item) => numberOf(ledger.label(placeOf(item.key, false))));
      return {
        n: items.length, told: `${boxesOf(items.length)} of this page; map of ${data.map_of}`, classes, predicted, label,
        x: Float32Array.from(items, (item) => data.at[item.picture][0]), y: Float32Array.from(items, (item) => data.at[item.picture][1]),
        shown: label.map((number, i) => (number >= 0 ? number : predicted[i])),
        doubt: Uint8Array.from(items, (item) => codeOf(isTold(data) ? data.doubts[item.picture] : null)),
        placeOf: (item) => at.get(item.key) ?? -1,
      };
    },
    seen: async (indices) => indices.map((i) => seenHere(review, items[i])),
    lasso: async (indices) => ({ name: data.queue.name, items: indices.map((i) => items[i]), journals: data.journals, passed: [], nLeftOut: 0 }),
    review: async ({ items: taken }) => {
      review.open(`${boxesOf(taken.length)} of the map`, taken);
      views.show("cards");
    },
  });
}
