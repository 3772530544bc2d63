// Which key does what; the sheet comes from cryoal/review/keys.py.

// The class that stands for junk: cryoal/review/junk.py. It need not be there yet.
function junkClass(classes, wanted, names) {
  if (classes.includes(wanted) || wanted !== names[0]) return wanted;
  const plain = (name) => name.toLowerCase().replace(/[-_]/g, " ").split(/\s+/).filter(Boolean).join(" ");
  const found = names.map((name) => classes.find((other) => plain(other) === name));
  return found.find((name) => name !== undefined) ?? wanted;
}

// A line that names the classes for which no key is left; "" where each has one.
function keyless(classes, keys) {
  const without = classes.filter((name) => !keys.of(name));
  const what = without.length === 1 ? "it" : "them";
  return without.length ? `no key is left for ${without.join(", ")}: click ${what}` : "";
}

class Keys {
  constructor(sheet, settings) {
    this.actions = new Map(sheet.flatMap((line) => line.keys.map((key) => [key, line.action])));
    this.classes = this.forClasses(settings);
  }

  // Class by key: the wanted keys in the order of the classes, then 1 to 9, then free letters.
  forClasses({ classes, keys }) {
    const wanted = keys.map((key) => key.toLowerCase());
    const letters = [..."abcdefghijklmnopqrstuvwxyz"].filter((c) => !this.actions.has(c));
    const free = [..."123456789", ...letters].filter((key) => !wanted.includes(key));
    const all = [...wanted, ...free].slice(0, classes.length);
    return new Map(all.map((key, number) => [key, classes[number]]));
  }

  of(label) {
    for (const [key, name] of this.classes) if (name === label) return key;
    return "";
  }

  meaning(key) {
    if (this.classes.has(key)) return { action: "class", label: this.classes.get(key) };
    return { action: this.actions.get(key) ?? "", label: null };
  }

  // The name of a key press as the sheet has it. Where a sign needs Shift on this keyboard (a digit
  // on a French one, say), the sign counts.
  name(event) {
    if (event.altKey) return "";
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const held = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
    const full = held + (event.shiftKey ? "Shift+" : "") + plain;
    if (this.meaning(full).action) return full;
    const isSign = plain.length === 1 && plain.toUpperCase() === plain;
    return isSign && plain !== " " ? held + plain : full;
  }
}
