// The campaigns under a folder, and a new one.

const EVERY = 5000; // ms between two looks at what others do

the("folder").textContent = facts.folder;
the("folder-again").textContent = facts.folder;
the("box").value = facts.box;
for (const [name, what] of Object.entries(facts.presets)) {
  the("preset").append(made("option", { value: name }, `${name}: ${what}`));
}

the("annotator").value = annotator.get();
the("annotator").addEventListener("change", () => annotator.set(the("annotator").value));

function now(campaign) {
  if (campaign.problem) return made("span", { class: "alarm" }, campaign.problem);
  const job = campaign.job;
  if (job?.kind === "running") {
    const share = job.fraction === null ? "" : ` ${percent(job.fraction)}`;
    return `${job.what || "at work"}${share}`;
  }
  if (!campaign.boxes) return "no boxes yet: add tomograms and picks";
  if (campaign.waiting) return `${campaign.waiting} ${campaign.waiting === 1 ? "box waits" : "boxes wait"} for an answer`;
  return job?.kind === "failed" ? `the last command failed: ${job.line}` : "";
}

function row(campaign) {
  const name = campaign.problem
    ? campaign.name
    : made("a", { href: to(`${campaign.address.slice(1)}home`) }, campaign.name);
  const counts = campaign.problem ? ["", "", ""] : [campaign.boxes, campaign.labelled, campaign.cycles];
  return made(
    "tr", {},
    made("th", { scope: "row" }, name),
    made("td", {}, (campaign.classes ?? []).join(", ")),
    ...counts.map((count) => made("td", { class: "number" }, count.toLocaleString("en"))),
    made("td", {}, now(campaign)),
  );
}

let shown = "";

async function look() {
  try {
    const { campaigns } = await ask("campaigns");
    const text = JSON.stringify(campaigns);
    if (text === shown) return; // a link in the table may have the focus
    shown = text;
    const front = document.activeElement?.getAttribute("href");
    the("campaigns").tBodies[0].replaceChildren(...campaigns.map(row));
    the("campaigns").hidden = !campaigns.length;
    the("none").hidden = campaigns.length > 0;
    if (!campaigns.length && !the("name").value) the("new").open = true;
    if (front) document.querySelector(`#campaigns a[href="${CSS.escape(front)}"]`)?.focus();
  } catch (error) {
    say(error.message, true);
  }
}

onSubmit(the("start"), async () => {
  const campaign = await ask("campaigns", {
    name: the("name").value,
    classes: the("classes").value,
    box: Number(the("box").value),
    preset: the("preset").value,
  });
  location.assign(to(`${campaign.address.slice(1)}home`));
});

look();
setInterval(() => document.hidden || look(), EVERY);
