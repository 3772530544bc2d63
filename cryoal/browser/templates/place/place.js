// What the pages of `cryoal serve` share: what they know, how they ask, how they say what is wrong.

const facts = JSON.parse(document.getElementById("data").textContent);
const the = (id) => document.getElementById(id);

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function say(line, isAlarm = false) {
  the("message").textContent = line;
  the("message").classList.toggle("alarm", isAlarm);
}

// An address of this server, with its key.
function to(address, query = {}) {
  return `${address}?${new URLSearchParams({ token: facts.token, ...query })}`;
}

async function asked(address, body = null) {
  let answer;
  try {
    answer = await fetch(address, {
      method: body ? "POST" : "GET",
      headers: { "X-Cryoal-Token": facts.token, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Error("the server is away; what runs goes on, and this page asks again");
  }
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}

const ask = async (address, body = null) => (await asked(address, body)).json();

// Do `what` for a press of `button`, which rests meanwhile; what goes wrong is said in a line.
async function press(button, what, line = "") {
  button.disabled = true;
  say(line);
  try {
    await what();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

function onSubmit(form, what, line = "") {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form.querySelector("[type=submit]"), what, line);
  });
}

// Who labels here: kept in this browser, so that the next page knows too.
const annotator = {
  get: () => localStorage.getItem("cryoal annotator") ?? "",
  set: (name) => localStorage.setItem("cryoal annotator", name.trim()),
  query: (query = {}) => (annotator.get() ? { ...query, annotator: annotator.get() } : query),
};

function percent(fraction) {
  return `${Math.round(100 * fraction)} %`;
}

function told(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

const RUNS = { running: "at work", done: "done", failed: "failed", cancelled: "stopped" };
