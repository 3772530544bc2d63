// One campaign: how it stands, what runs, the next round, files to add, export.

const BUSY = 700; // ms between two looks at a job at work
const IDLE = 5000; // ms between two looks at what others have started
const MOST = 300; // files that are listed at once

the("name").textContent = facts.name;
the("to-home").href = to("../../");
the("to-view").href = to("view");
the("to-review").href = to("./", annotator.query());
the("to-audit").href = to("./", annotator.query({ queue: "audit" }));
for (const place of document.querySelectorAll(".folder")) place.textContent = facts.folder;
for (const name of facts.classes) the("only").append(made("option", { value: name }, name));
for (const name of Object.keys(facts.formats)) the("to").append(made("option", { value: name }, name));
the("to").value = "relion5" in facts.formats ? "relion5" : the("to").options[0].value;
the("report-output").value = `${facts.name}_report.html`;

// -- how it stands, and what can be done next

async function stands() {
  const [status, rounds] = await Promise.all([ask("status"), ask("rounds")]);
  the("stands").textContent = status.lines.join("\n");
  the("to-audit").hidden = !status.audit_open;
  the("to-view").hidden = the("to-review").hidden = !status.boxes;
  if (!status.boxes) the("add").open = true;
  const last = status.cycles.at(-1);
  the("to-review").textContent = last && last.answered < last.asked ? `Review (${last.asked - last.answered} left)` : "Review";
  showSteps(rounds.steps);
}

const NAMES = { select: "Select", classify: "Classify all boxes", audit: "Draw an audit" };

function showSteps(steps) {
  const select = steps.find((step) => step.name === "select");
  the("n").placeholder = select.title.replace(/\D+/g, "");
  const front = document.activeElement?.dataset?.step;
  the("steps").replaceChildren(...steps.filter((step) => step.name in NAMES).flatMap((step) => {
    const button = made("button", { type: "button", title: step.command, "data-step": step.name, "aria-describedby": `why-${step.name}` }, step.title);
    button.disabled = step.why_not !== null;
    button.addEventListener("click", () => press(button, () => start(step)));
    return [button, made("span", { id: `why-${step.name}`, class: "quiet" }, step.why_not ?? step.command)];
  }));
  the("steps").querySelector(`[data-step="${front}"]`)?.focus();
}

async function start(step) {
  const n = Number(the("n").value || step.title.replace(/\D+/g, ""));
  const wanted = step.name === "select" ? { n } : step.name === "audit" ? { n: Number(step.title.replace(/\D+/g, "")) } : {};
  show((await ask("job", { step: step.name, ...wanted })).job);
}

// -- the job

let seen = null; // of the job that is shown: its beginning and kind

function show(job) {
  const now = job && `${job.began} ${job.kind}`;
  the("job").hidden = !job;
  if (!job) return;
  const isRunning = job.kind === "running";
  the("job-title").textContent = `${job.command.split(" ")[1] ?? "command"}: ${RUNS[job.kind]}`;
  // a thousand tomograms are named in one command
  the("job-command").textContent = job.command.length > 600 ? `${job.command.slice(0, 400)} ... ${job.command.slice(-150)}` : job.command;
  the("job-bar").hidden = the("cancel").hidden = !isRunning;
  if (job.fraction === null) the("job-bar").removeAttribute("value");
  else the("job-bar").value = job.fraction;
  const left = job.seconds_left === null ? "" : `, about ${told(job.seconds_left)} left`;
  the("job-what").textContent = isRunning && job.what ? `${job.what}${job.fraction === null ? "" : ` ${percent(job.fraction)}`}${left}` : "";
  the("job-line").textContent = job.line;
  the("job-line").classList.toggle("alarm", job.kind === "failed");
  the("job-output").textContent = job.output;
  if (now !== seen && !isRunning) {
    if (job.command.startsWith("cryoal add ") && job.kind === "done" && seen) the("add").open = false;
    stands().catch((error) => say(error.message, true));
  }
  seen = now;
}

async function follow() {
  let pause = IDLE;
  try {
    const { job } = await ask("job");
    show(job);
    if (job?.kind === "running") pause = BUSY;
    if (the("message").textContent.startsWith("the server is away")) say("");
  } catch (error) {
    say(error.message, true);
  }
  setTimeout(follow, document.hidden ? IDLE : pause);
}

the("cancel").addEventListener("click", () => press(the("cancel"), async () => show((await ask("cancel", {})).job)));

// -- files

let files = null;
const chosen = new Set();

function size(bytes) {
  if (!bytes) return "";
  const steps = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  return `${(bytes / 1000 ** power).toPrecision(3)} ${steps[power]}`;
}

function list(place, kind, entries, search, isChosen, choose) {
  const words = search.value.toLowerCase().split(/\s+/);
  const matching = entries.filter(([name]) => words.every((word) => name.toLowerCase().includes(word)));
  const rows = matching.slice(0, MOST).map(([name, bytes]) => {
    const input = made("input", { type: kind, name: place.id, value: name });
    input.checked = isChosen(name);
    input.addEventListener("change", () => choose(name, input.checked));
    return made("label", {}, input, name, made("span", { class: "size quiet" }, size(bytes)));
  });
  if (matching.length > MOST) rows.push(made("p", { class: "quiet" }, `${matching.length - MOST} more: find them by name`));
  if (!matching.length) rows.push(made("p", { class: "quiet" }, entries.length ? "none of this name" : `none in ${facts.folder}: copy them there`));
  place.replaceChildren(...rows);
  return matching.map(([name]) => name);
}

let picks = "";
let shownTomograms = [];

function listTomograms() {
  shownTomograms = list(the("tomograms"), "checkbox", files.tomograms, the("find-tomograms"), (name) => chosen.has(name), (name, is) => {
    if (is) chosen.add(name);
    else chosen.delete(name);
    count();
  });
  count();
}

function count() {
  the("n-tomograms").textContent = `${chosen.size} chosen`;
}

function listPicks() {
  list(the("picks"), "radio", files.picks, the("find-picks"), (name) => name === picks, (name) => { picks = name; });
}

async function openFiles() {
  if (files || !the("add").open) return;
  files = await ask("../../files");
  listTomograms();
  listPicks();
  for (const [name] of files.picks.filter(([name]) => /\.star(\.gz)?$/i.test(name))) {
    the("option-tomograms").append(made("option", { value: name }, name));
  }
  if (!files.is_all) say("there are more files than are listed here: serve a folder with fewer");
}

the("add").addEventListener("toggle", () => openFiles().catch((error) => say(error.message, true)));
the("find-tomograms").addEventListener("input", listTomograms);
the("find-picks").addEventListener("input", listPicks);
the("all-tomograms").addEventListener("click", () => {
  for (const name of shownTomograms) chosen.add(name);
  listTomograms();
});

function wanted() {
  const options = {};
  for (const field of document.querySelectorAll("[data-option]")) {
    if (field.value !== "") options[field.dataset.option] = field.type === "number" ? Number(field.value) : field.value;
  }
  return { tomograms: [...chosen], picks, options };
}

the("look-at").addEventListener("click", () => press(the("look-at"), async () => {
  the("looked").hidden = true;
  const found = await ask("look", wanted());
  say("");
  the("verdict").textContent = found.sentence;
  the("verdict").classList.toggle("wrong", found.is_wrong);
  the("preview").textContent = [...found.picks, "", ...found.check].join("\n");
  the("picture").src = found.picture;
  the("looked").hidden = false;
}, "looking ..."));

onSubmit(the("adding"), async () => {
  show((await ask("add", { ...wanted(), check: !the("unchecked").checked })).job);
  the("job").scrollIntoView({ block: "nearest" });
});

// -- export and report

function suggest() {
  the("output").value = `${facts.name}_${the("only").value || "particles"}${facts.formats[the("to").value]}`;
}

the("to").addEventListener("change", suggest);
the("only").addEventListener("change", suggest);
suggest();

onSubmit(the("exporting"), async () => {
  const only = the("only").value;
  show((await ask("job", {
    step: "export",
    to: the("to").value,
    output: the("output").value,
    ...(only && { class: only }),
    min_probability: Number(the("least").value),
    undecided: the("undecided").checked,
    replace: the("replace").checked,
  })).job);
  the("job").scrollIntoView({ block: "nearest" });
});

onSubmit(the("report"), async () => {
  show((await ask("job", { step: "report", output: the("report-output").value })).job);
  the("job").scrollIntoView({ block: "nearest" });
});

stands().catch((error) => say(error.message, true));
openFiles().catch((error) => say(error.message, true));
follow();
