// What was answered and what is suggested, in shapes and words.

// What was answered, as a shape, a key and a word on a colour; before that, what is suggested.
function chipOf(session, { status, label, suggestion, probability }, isCard = false) {
  const chip = make("div", { class: "chip" });
  if (status === "open" || status === "skipped") {
    if (status === "skipped") chip.append(make("span", { class: "later", "data-drawn": "↷ later" }));
    if (isCard) chip.append(...suggestionOf(session, suggestion, probability, false));
    return chip;
  }
  const mark = session.mark(status, label);
  const key = status === "unsure" ? "U" : session.keys.of(label).toUpperCase();
  chip.classList.add("given");
  chip.style.background = mark.colour;
  chip.style.color = mark.ink;
  chip.append(shape(mark, mark.ink), ...(key ? [make("b", { "data-drawn": key })] : []),
    make("span", { class: "name" }, label ?? "unsure"));
  if (isCard && suggestion !== null) {
    const was = suggestion === label ? ["✓"] : [shape(session.classMark(suggestion), mark.ink), "?"];
    chip.append(make("span", { class: "was" }, ...was)); // the words are in the label of the card
  }
  return chip;
}

function suggestionOf(session, label, probability, hasBar = true) {
  if (label === null) return [];
  const share = probability === null ? [] : [
    ...(hasBar ? [make("meter", { min: 0, max: 1, value: probability, "aria-label": "confidence" })] : []),
    make("span", { class: "share" }, percent(probability))];
  return [make("span", { class: "suggestion" },
    shape(session.classMark(label)), make("span", { class: "name" }, `${label}?`), ...share)];
}

function hintOf(others) {
  if (!others.length) return [];
  const said = others.map(([name, label]) => `${name}: ${label}`).join(", ");
  return [make("span", { class: "others" }, `≠ ${said}`)];
}

// A card for the ear.
function spokenOf(session, number, { status, label, suggestion, probability, isFlagged, others }) {
  const words = { open: "no answer yet", skipped: "put off", unsure: "unsure", answered: label };
  const share = probability === null ? "" : `, ${percent(probability)}`;
  return [
    `box ${number + 1} of ${session.data.items.length}`,
    words[status],
    others.length ? `≠ ${others.map(([name, theirs]) => `${name}: ${theirs}`).join(", ")}` : "",
    suggestion === null ? "" : `suggested ${suggestion}${share}`,
    isFlagged ? "flagged" : "",
  ].filter(Boolean).join("; ");
}
