// The map of the whole campaign, from the server.

function servedAtlas(review, views) {
  const ask = (...asked) => review.memory.ask(...asked);
  let facts = null;
  $("#map-make").addEventListener("click", () => review.closing.rounds.ask("/job", { step: "map" }));
  const rowsOf = (indices) => indices.map((i) => facts.rows[i]);
  return new Atlas(review, views, {
    load: async () => {
      const { map, why } = await ask("/map");
      $("#map-make").hidden = map?.is_current ?? false;
      $("#map-make").textContent = map ? "Make it anew" : "Make the map";
      if (!map) throw new Error(why);
      const place = unpacked(map.xy, Uint16Array);
      facts = {
        n: map.n, told: map.told, classes: map.classes,
        rows: unpacked(map.rows, Int32Array),
        x: Float32Array.from({ length: map.n }, (_, i) => place[2 * i] / 65535),
        y: Float32Array.from({ length: map.n }, (_, i) => place[2 * i + 1] / 65535),
        shown: unpacked(map.shown, Int16Array), predicted: unpacked(map.predicted, Int16Array),
        label: unpacked(map.label, Int16Array), doubt: unpacked(map.doubt, Uint8Array),
      };
      const at = new Map([...facts.rows].map((row, i) => [row, i]));
      facts.placeOf = (item) => at.get(item.row) ?? -1;
      return facts;
    },
    seen: async (indices) => (await ask("/cards", { rows: rowsOf(indices) })).found.map(seenOf),
    lasso: async (indices) => {
      const told = await ask("/lasso", { rows: rowsOf(indices) });
      const { name, lasso, rows, keys, suggestions, passed, journals, n_left_out: nLeftOut } = told;
      const items = keys.map((key, k) => ({ key, row: rows[k], repeat: false, votes: {}, suggestion: suggestions[k], probability: null }));
      return { name, lasso, items, passed, journals, nLeftOut };
    },
    review: async ({ lasso }) => { location.search = addressOf({ queue: "keys", order: "score", lasso }); },
  });
}
