// The next round from here: each step is a command that runs beside the server, one at a time.

const POLL = 700; // ms
const TITLES = { select: "Select", classify: "Classify", audit: "Audit", export: "Export" };

class Rounds {
  constructor(review, views, chooser) {
    Object.assign(this, { review, views, chooser });
    this.timer = null;
    this.isRunning = false;
    $("#job-cancel").addEventListener("click", () => {
      $("#job-cancel").disabled = true;
      this.ask("/cancel", {});
    });
    this.look(); // one that another window began
  }

  async ask(address, body = null) {
    try {
      const { steps, job } = await this.review.memory.ask(address, body);
      if (steps) this.drawSteps(steps);
      this.draw(job);
    } catch (error) {
      this.review.say(error.message);
      $("#job-cancel").disabled = false;
      if (this.isRunning) this.again(); // it goes on without this page
    }
  }

  look() {
    return this.ask("/rounds");
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask("/job"), POLL);
  }

  draw(job) {
    const wasRunning = this.isRunning;
    this.isRunning = job?.kind === "running";
    if (this.isRunning) this.again();
    for (const button of document.querySelectorAll(".step > button, #map-make")) {
      button.disabled = this.isRunning || button.dataset.why === "";
    }
    this.drawJob(job);
    if (wasRunning && !this.isRunning) this.ended(job);
  }

  ended(job) {
    this.review.say(job.kind === "done" ? `${job.command}: done` : `${job.command}: ${job.line || job.kind}`);
    this.onEnd?.(job);
    this.look(); // what can be done now
  }

  drawSteps(steps) {
    const group = $("#steps");
    const wanted = JSON.stringify(steps);
    if (this.stepsDrawn === wanted) return; // what is typed in stays
    this.stepsDrawn = wanted;
    group.replaceChildren(...steps.map((step) => this.row(step)));
  }

  // A step with what it can be told: how many boxes, which file.
  row(step) {
    const row = make("div", { class: "step" });
    const button = press(TITLES[step.name] ?? step.title, () => this.start(step.name, row), { title: step.command });
    if (step.why_not) button.dataset.why = "";
    button.disabled = Boolean(step.why_not);
    const n = step.command.match(/-n (\d+)/)?.[1];
    if (n) row.append(button, make("label", {}, make("input", { type: "number", name: "n", value: n, min: 1, max: 10000 }), "boxes"));
    else row.append(button);
    if (step.name === "select") row.append(make("label", { title: "train the networks too before choosing" }, make("input", { type: "checkbox", name: "train" }), "train the pair"));
    if (step.name === "export") row.append(...this.exportFields());
    const typed = make("span", { class: "quiet" }, step.why_not ?? step.command);
    row.append(typed);
    row.addEventListener("input", () => { if (!step.why_not) typed.textContent = this.typed(step.command, row); });
    row.dispatchEvent(new Event("input"));
    return row;
  }

  // The command with what is filled in.
  typed(command, row) {
    const { n, train, to, output } = Object.fromEntries([...row.querySelectorAll("input, select")].map((input) => [input.name, input]));
    let text = command;
    if (n) text = text.replace(/-n \d+/, `-n ${n.value}`);
    if (train?.checked) text += " --train";
    if (to) text = text.replace("--to FORMAT --output FILE", `--to ${to.value} --output ${output.value}`);
    return text;
  }

  exportFields() {
    const { formats, name } = this.review.data;
    const to = make("select", { name: "to" }, ...Object.keys(formats).map((format) => make("option", { value: format }, format)));
    const output = make("input", { name: "output", size: 16, autocomplete: "off", spellcheck: "false" });
    const suggest = () => { output.value = `${name}${formats[to.value]}`; };
    to.addEventListener("input", suggest); // before the row tells the command
    suggest();
    return [make("label", {}, "as", to), make("label", {}, "to", output)];
  }

  start(name, row) {
    const wanted = {};
    for (const input of row.querySelectorAll("input, select")) {
      if (input.type === "checkbox") { if (input.checked) wanted[input.name] = true; }
      else wanted[input.name] = input.type === "number" ? Math.round(Number(input.value)) : input.value;
    }
    return this.ask("/job", { step: name, ...wanted });
  }

  drawJob(job) {
    $("#job").hidden = !job;
    const running = $("#running");
    running.hidden = !this.isRunning;
    if (!job) return;
    const words = { running: "running", done: "done", failed: "failed", cancelled: "stopped; what was finished is kept" };
    const left = job.seconds_left ? `, about ${saidTime(job.seconds_left)} left` : "";
    const share = job.fraction === null ? "" : `, ${percent(job.fraction)}`;
    $("#job-what").textContent = `${job.command}: ${words[job.kind]}`;
    running.textContent = `${job.what || job.command}${share}${left}`;
    const bar = $("#job-bar");
    bar.hidden = !this.isRunning;
    if (job.fraction === null) bar.removeAttribute("value");
    else bar.value = job.fraction;
    const line = this.isRunning ? `${job.what}${share}${left}` : job.line;
    if ($("#job-line").textContent !== line) $("#job-line").textContent = line;
    $("#job-line").classList.toggle("alarm", job.kind === "failed");
    if ($("#job-output").textContent !== job.output) $("#job-output").textContent = job.output;
    $("#job-cancel").hidden = !this.isRunning;
    if (!this.isRunning) $("#job-cancel").disabled = false;
    this.drawOnward(job);
  }

  // Where what it made is to be seen.
  drawOnward(job) {
    const places = {
      select: ["Label the new boxes", () => { location.search = addressOf({ queue: "query" }); }],
      audit: ["Answer the audit", () => { location.search = addressOf({ queue: "audit" }); }],
      classify: ["See the classes", () => this.chooser.open()],
      map: ["See the map", () => this.views.show("map")],
    };
    const onward = $("#job-onward");
    const kind = job.command.split(" ")[1];
    // Not the way to the very boxes that are here.
    const isHere = kind === "select" && job.output.split("\n").some((line) => line.startsWith(`${this.review.data.queue.name}:`));
    const found = job.kind === "done" && !isHere ? places[kind] : undefined;
    onward.hidden = !found;
    [onward.textContent, onward.onclick] = found ?? ["", null];
  }
}
