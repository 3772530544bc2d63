// The address of a served page: who answers, which boxes, in which order.

// With a `queue`, its own order and filter; without one, those of this page.
function addressOf({ annotator, queue, order, where, lasso }) {
  const here = new URLSearchParams(location.search);
  const isSame = queue === undefined;
  const wanted = {
    token: data.token,
    annotator: annotator ?? here.get("annotator") ?? "",
    queue: isSame ? here.get("queue") : queue,
    order: isSame ? here.get("order") : order,
    where: isSame ? here.get("where") : where && Object.keys(where).length ? JSON.stringify(where) : null,
    lasso: isSame ? here.get("lasso") : lasso,
  };
  return new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();
}

// What of the address says which boxes, for requests about them.
function queueAsked() {
  const here = new URLSearchParams(location.search);
  return new URLSearchParams(["queue", "order", "where", "lasso"].filter((name) => here.has(name)).map((name) => [name, here.get(name)])).toString();
}
