// From the data in the page to a review.

const data = JSON.parse($("#data").textContent);
const shelf = new Shelf();

async function askName() {
  const place = `cryoal ${data.campaign} annotator`;
  const name = await askFor({
    title: "Who are you?", label: "Your name, for the journal of your answers",
    value: shelf.get(place, ""), check: checkName, mustAnswer: true,
  });
  shelf.put(place, name);
  return name;
}

// The name survives a reload, not a new tab: the next one may be somebody else's.
async function annotatorOf() {
  if (data.annotator) return data.annotator;
  const place = `cryoal ${data.campaign} sits here`;
  try {
    const name = sessionStorage.getItem(place) ?? await askName();
    sessionStorage.setItem(place, name);
    return name;
  } catch {
    return askName();
  }
}

function begin(annotator) {
  const review = new Review(data, annotator, shelf);
  const { memory } = review;
  const views = new Views();
  const chooser = review.isServed ? new ServedQueues(review) : new HeldQueues(review);
  $("#to-queues").addEventListener("click", () => chooser.open());
  const atlas = review.isServed ? servedAtlas(review, views) : heldAtlas(review, views);
  if (atlas) views.add("map", atlas);
  if (review.isServed) views.add("threshold", new Threshold(review, chooser));
  review.closing = new Closing(review, views, chooser);
  listenTo(review, views, chooser);

  $("#save").addEventListener("click", () => {
    const name = memory.save();
    $("#saved-text").textContent = `${name} is in your downloads. Whoever keeps the campaign takes it in with this; taking it in again later, with more answers, does no harm.`;
    $("#saved-command").textContent = `cryoal label ${data.directory} ${name}`;
    $("#saved").showModal();
    review.draw();
  });

  const home = $("#home");
  home.hidden = !data.home;
  if (data.home) home.href = `${data.home}?${new URLSearchParams({ token: data.token })}`;

  const who = $("#who");
  who.disabled = !review.isServed && data.annotator !== null;
  who.title = who.disabled ? "the annotator of this page" : "sit down as somebody else";
  who.addEventListener("click", async () => {
    const name = await askName();
    if (name === annotator) return toGallery();
    if (review.isServed) location.search = addressOf({ annotator: name });
    else {
      sessionStorage.setItem(`cryoal ${data.campaign} sits here`, name);
      location.reload();
    }
    return undefined;
  });

  window.addEventListener("beforeunload", (event) => {
    if (memory.nWaiting) event.preventDefault();
  });

  memory.start?.();
  setInterval(() => review.face.drawHead(), 30_000);
  review.draw();
  toGallery();
  const { boxes, face } = review;
  globalThis.cryoalReview = { get session() { return review.session; }, boxes, face, memory, review, views }; // for tests, and the curious
}

(async () => {
  if (data.items === null) {
    document.body.classList.add("asking");
    const name = await askName();
    location.search = addressOf({ annotator: name });
    return;
  }
  begin(await annotatorOf());
})();
