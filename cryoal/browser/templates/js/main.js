// From the data in the page to a review.

const data = JSON.parse($("#data").textContent);
const shelf = new Shelf();

// The address of this page for another annotator or queue.
function addressOf(annotator, queue = new URLSearchParams(location.search).get("queue")) {
  return new URLSearchParams({ token: data.token, annotator, ...(queue && { queue }) });
}

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
  const isServed = data.mode === "server";
  const memory = new (isServed ? ServerMemory : FileMemory)(data, annotator, shelf);
  data.settings.classes = [...new Set([...data.settings.classes, ...memory.newClasses])];
  const session = new Session(data, annotator, memory, { interfaceName: isServed ? "browser" : "page" });
  const boxes = new Boxes($("#boxes").textContent, data.box);
  const face = new Face(session, boxes, data);
  const draw = () => face.draw();

  memory.onChange = () => {
    session.follow();
    draw();
  };
  memory.onWaiting = () => face.drawWaiting();
  memory.onRefusal = (message, unit) => {
    if (unit.some((line) => "sitting" in line)) session.isAnnounced = false;
    session.follow();
    const line = unit.find((one) => one.key ?? one.skip ?? one.flag);
    const number = data.items.findIndex((item) => item.key === (line?.key ?? line?.skip ?? line?.flag));
    if (number >= 0) session.go(number);
    session.message = `not recorded: ${message}`;
  };
  memory.onSettings = (settings) => {
    if (JSON.stringify(settings) === JSON.stringify(session.settings)) return;
    const before = session.keys.classes;
    data.settings = settings;
    session.setSettings(settings);
    session.follow();
    const isSame = [...before].every(([key, name]) => session.keys.classes.get(key) === name);
    const told = `the classes are now ${settings.classes.join(", ")}: look at their keys`;
    if (!isSame) session.message = [session.message, told].filter(Boolean).join("; ");
    draw();
  };
  memory.onJournals = (journals) => {
    session.setJournals(journals);
    draw();
  };

  async function withClass(name, numbers) {
    session.message = "";
    try {
      let told = "";
      if (!session.classes.includes(name)) {
        const added = await memory.addClass(name, session.classes);
        session.setSettings(added.settings);
        data.settings = added.settings;
        told = added.told;
      }
      session.answer(name, numbers);
      session.message += told;
    } catch (error) {
      session.message = `not recorded: ${error.message}`;
    }
    draw();
  }

  async function newClass() {
    const numbers = session.selection;
    const name = await askFor({
      title: "New class", label: `Its name; it is given to ${numbers.length === 1 ? "this box" : `these ${numbers.length} boxes`}`,
      check: (text) => {
        if (text.trim().toLowerCase() === "none") return "expected another name than None, which stands for no class";
        return text && !text.includes(",") ? "" : "expected a name without commas";
      },
    });
    toGallery();
    if (name !== null) await withClass(name, numbers);
  }

  const views = {
    deeper: () => { face.view.depth += 1; },
    shallower: () => { face.view.depth -= 1; },
    "low-pass": () => {
      face.view.level = (face.view.level + 1) % data.box.low_pass.length;
      session.message = `low-pass ${LEVELS[face.view.level]}`;
    },
    invert: () => { face.view.isInverted = !face.view.isInverted; },
    context: () => {
      const around = data.context[data.items[session.position].picture];
      face.isContextOpen = around !== null && !face.isContextOpen;
      if (around === null) session.message = `there is no picture of the surroundings${data.notes.length ? `: ${data.notes.at(-1)}` : ""}`;
    },
    back: () => { face.isContextOpen = false; },
    sheet: () => $("#sheet").showModal(),
  };

  function clampDepth() {
    const half = data.box.edge >> 1;
    face.view.depth = Math.min(Math.max(face.view.depth, -half), data.box.edge - 1 - half);
  }

  function act(action, label = null) {
    if (session.isRefused(action)) return draw();
    if (action === "junk") return withClass(session.settings.junk, session.selection);
    if (action === "new-class") return newClass();
    if (Object.hasOwn(views, action)) {
      session.message = "";
      views[action]();
      clampDepth();
    } else {
      if (action === "escape") face.isContextOpen = false;
      session.act(action, label);
    }
    return draw();
  }

  const toGallery = () => $("#gallery").focus({ preventScroll: true });

  document.addEventListener("keydown", (event) => {
    if ($("dialog[open]") || event.defaultPrevented || event.isComposing) return;
    const isButton = event.target.closest?.("button, a, summary");
    if (isButton && ["Enter", " "].includes(event.key)) return; // the button's own
    const key = session.keys.name(event);
    const { action, label } = session.keys.meaning(key);
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
    const card = event.target.closest(".card");
    if (button?.classList.contains("close")) button.closest("dialog").close();
    if (button?.dataset.label !== undefined) act("class", button.dataset.label);
    if (button?.dataset.action) act(button.dataset.action);
    if (card) {
      session.message = "";
      session.go(Number(card.dataset.number), event.shiftKey);
      toGallery();
      draw();
    }
    // After the mouse, Enter and Space are the review's again; Tab users keep their place.
    if (button && event.detail > 0 && !$("dialog[open]")) toGallery();
  });

  $("#focus").addEventListener("wheel", (event) => {
    if (!event.target.closest("#slabs") || event.ctrlKey) return;
    event.preventDefault();
    act(event.deltaY > 0 ? "deeper" : "shallower");
  }, { passive: false });

  $("#save").addEventListener("click", () => {
    const name = memory.save();
    $("#saved-text").textContent = `${name} is in your downloads. Whoever keeps the campaign takes it in with this; taking it in again later, with more answers, does no harm.`;
    $("#saved-command").textContent = `cryoal label ${data.directory} ${name}`;
    $("#saved").showModal();
    draw();
  });
  for (const dialog of document.querySelectorAll("#sheet, #saved")) {
    dialog.addEventListener("close", toGallery);
  }

  const who = $("#who");
  who.disabled = !isServed && data.annotator !== null;
  who.title = who.disabled ? "the annotator of this page" : "sit down as somebody else";
  who.addEventListener("click", async () => {
    const name = await askName();
    if (name === annotator) return toGallery();
    if (isServed) location.search = addressOf(name);
    else {
      sessionStorage.setItem(`cryoal ${data.campaign} sits here`, name);
      location.reload();
    }
    return undefined;
  });

  // Boxes drawn at random, to know how good the classes are; from there back to the queue before.
  const audit = $("#audit");
  const isAside = new URLSearchParams(location.search).has("queue");
  audit.hidden = !isServed || (data.queue.name === "audit" && !isAside);
  audit.textContent = isAside ? "Back from the audit" : "Audit";
  audit.title = isAside ? "to the boxes before" : "boxes drawn at random, to know how good the classes are";
  audit.addEventListener("click", async () => {
    try {
      if (!isAside && !(await memory.ask("/audit", { n: 0 })).open) {
        const n = await askFor({
          title: "Audit", label: "How many boxes to draw at random, to know how good the classes are",
          value: "60", check: (text) => (/^[1-9][0-9]{0,3}$/.test(text.trim()) ? "" : "expected a number from 1 to 9999"),
        });
        if (n === null) return toGallery();
        await memory.ask("/audit", { n: Number(n) });
      }
      location.search = addressOf(annotator, isAside ? null : "audit");
    } catch (error) {
      session.message = `not drawn: ${error.message}`;
      draw();
      toGallery();
    }
    return undefined;
  });

  window.addEventListener("beforeunload", (event) => {
    if (memory.nWaiting) event.preventDefault();
  });

  memory.start?.();
  setInterval(() => face.drawHead(), 30_000);
  draw();
  toGallery();
  globalThis.cryoalReview = { session, boxes, face, memory }; // for tests, and the curious
}

(async () => {
  if (data.items === null) {
    document.body.classList.add("asking");
    const name = await askName();
    location.search = addressOf(name);
    return;
  }
  begin(await annotatorOf());
})();
