// What the colours of the map say: the class as it stands, the expert's label, or the doubt.

// From sure (dark blue) to doubtful (yellow): steps of cividis, which the colour-blind can read.
const DOUBTS = ["#00306f", "#434e6c", "#6a6e73", "#918f78", "#bcb26c", "#fee838"];
const UNTOLD = { shape: "none", points: "", colour: "#9aa0a6" };

const COLOURINGS = { class: "class", label: "label", doubt: "doubt" };

// {kinds: [{name, mark}], of: Uint8Array}: what each point is, and how that looks.
function colouringOf(by, facts, session) {
  const { n, shown, label, doubt } = facts;
  const of = new Uint8Array(n);
  if (by === "doubt") {
    const kinds = DOUBTS.map((colour, k) => ({
      name: `${percent(k / DOUBTS.length)} to ${percent((k + 1) / DOUBTS.length)}`, key: "",
      mark: { shape: "circle", points: "", colour },
    }));
    kinds.push({ name: "not classified", key: "", mark: UNTOLD });
    for (let i = 0; i < n; i += 1) {
      of[i] = doubt[i] === 255 ? DOUBTS.length : Math.min(DOUBTS.length - 1, Math.floor((doubt[i] / 254) * DOUBTS.length));
    }
    return { kinds, of };
  }
  const classes = facts.classes.map((name) => ({ name, key: session.keys.of(name).toUpperCase(), mark: session.classMark(name) }));
  const none = by === "label" ? "no label" : "no class";
  const kinds = [...classes, { name: none, key: "", mark: UNTOLD }];
  const numbers = by === "label" ? label : shown;
  for (let i = 0; i < n; i += 1) of[i] = numbers[i] < 0 ? classes.length : numbers[i];
  return { kinds, of };
}
