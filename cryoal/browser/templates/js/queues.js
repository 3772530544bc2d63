// Which boxes come next: kinds of queues and filters, each with how many it has.

// source: kinds() -> {kinds, chosen}; count(which, where) -> counts; open(which, order, where)
class Chooser {
  constructor(source) {
    this.source = source;
    this.dialog = $("#queues");
    const form = $("form", this.dialog);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.dialog.close();
      this.source.open(this.kind, $("#order").value, this.where());
    });
    form.addEventListener("input", (event) => {
      if (event.target.name === "which") this.drawOrders();
      if (event.target.id !== "order") this.count();
    });
    $("#filters-clear").addEventListener("click", () => {
      this.fill({});
      this.count();
    });
  }

  async open() {
    this.dialog.showModal();
    $("#queues-says").textContent = "counting ...";
    try {
      const { kinds, chosen } = await this.source.kinds();
      this.kinds = kinds;
      $("#kinds").replaceChildren($("#kinds legend"), ...kinds.map((kind) => this.choice(kind, chosen.which)));
      this.drawOrders(chosen.order);
      this.facets = null;
      this.wanted = chosen.where;
      await this.count();
      $("#kinds input:checked")?.focus();
    } catch (error) {
      $("#queues-says").textContent = error.message;
    }
  }

  choice({ which, title, n, note, said }, chosen) {
    const count = said ?? counted(n);
    const input = make("input", { type: "radio", name: "which", value: which, checked: which === chosen, disabled: n === 0 && which !== chosen && !note });
    return make("label", { class: "choice", title: note ?? "" }, input, make("span", { class: "name" }, title), make("span", { class: "count" }, count));
  }

  get kind() {
    const which = $("#kinds input:checked")?.value;
    return this.kinds.find((kind) => kind.which === which) ?? this.kinds[0];
  }

  drawOrders(chosen = this.kind.orders[0]) {
    const words = {
      score: "most informative first", likeness: "alike ones together", tomogram: "tomogram by tomogram",
      least: "least sure first", surest: "surest first",
    };
    $("#order").replaceChildren(...this.kind.orders.map((order) =>
      make("option", { value: order, selected: order === chosen }, words[order] ?? order)));
    $("#order").disabled = this.kind.orders.length < 2;
    $("#filters").hidden = !this.kind.filters;
  }

  // The filter as it stands in the form; what lets everything through is left out.
  where() {
    if (!this.kind.filters) return {};
    const ticked = (id) => [...this.dialog.querySelectorAll(`${id} input[type=checkbox]:checked`)].map((input) => input.value);
    const range = (name) => [`#${name}-from`, `#${name}-to`].map((id) => Number($(id).value)).sort((a, b) => a - b);
    const given = {
      classes: ticked("#filter-classes"), tomograms: ticked("#filter-tomograms"), annotators: ticked("#filter-answers"),
      probability: range("probability"), doubt: range("doubt"), answered: $("#filter-answers input[type=radio]:checked").value,
    };
    const isOpen = (value) => value === "any" || (Array.isArray(value) && (!value.length || (value[0] === 0 && value[1] === 1)));
    return Object.fromEntries(Object.entries(given).filter(([, value]) => !isOpen(value)));
  }

  async count() {
    const asked = {};
    this.asked = asked; // an answer to an older question comes too late
    const where = this.facets ? this.where() : this.wanted;
    try {
      const found = await this.source.count(this.kind, where);
      if (this.asked !== asked) return;
      if (this.facets) this.renew(found);
      else this.build(found, where);
      this.say(found.n);
    } catch (error) {
      if (this.asked === asked) $("#queues-says").textContent = error.message;
    }
  }

  say(n) {
    $("#queues-says").textContent = n === null ? "counted when it is opened" : boxesOf(n);
    $("#queues-open").disabled = n === 0 && !this.kind.note;
  }

  build(found, where) {
    const { kinds } = this;
    this.facets = found;
    const boxes = (id, counts, title = (name) => name) => {
      const names = Object.keys(counts);
      const fieldset = $(id);
      fieldset.hidden = names.length < 2 && id !== "#filter-answers";
      fieldset.replaceChildren($("legend", fieldset), ...names.map((name) => make("label", { class: "choice" },
        make("input", { type: "checkbox", value: name }), make("span", { class: "name" }, title(name)), make("span", { class: "count" }))));
      return fieldset;
    };
    boxes("#filter-classes", found.classes, (name) => name || "no class");
    boxes("#filter-tomograms", found.tomograms);
    boxes("#filter-answers", found.annotators, (name) => `by ${name}`).append(
      ...[["any", "answered or not"], ["no", "not answered"], ["yes", "answered"]].map(([value, title]) => make("label", { class: "choice" },
        make("input", { type: "radio", name: "answered", value }), make("span", { class: "name" }, title), make("span", { class: "count" }))));
    const ranges = $("#filter-ranges");
    ranges.hidden = !found.has_probability;
    ranges.replaceChildren($("legend", ranges), ...["probability", "doubt"].map((name) => make("p", { class: "range" },
      make("span", {}, name),
      make("input", { type: "range", id: `${name}-from`, min: 0, max: 1, step: 0.01, "aria-label": `${name} from` }),
      make("input", { type: "range", id: `${name}-to`, min: 0, max: 1, step: 0.01, "aria-label": `${name} to` }),
      make("output", { id: `${name}-said` }))));
    this.kinds = kinds;
    this.fill(where);
    this.renew(found);
  }

  fill(where) {
    for (const [id, name] of [["#filter-classes", "classes"], ["#filter-tomograms", "tomograms"], ["#filter-answers", "annotators"]]) {
      for (const input of this.dialog.querySelectorAll(`${id} input[type=checkbox]`)) input.checked = (where[name] ?? []).includes(input.value);
    }
    for (const name of ["probability", "doubt"]) [$(`#${name}-from`).value, $(`#${name}-to`).value] = where[name] ?? [0, 1];
    for (const input of this.dialog.querySelectorAll("#filter-answers input[type=radio]")) input.checked = input.value === (where.answered ?? "any");
  }

  renew(found) {
    const tell = (id, counts, type = "checkbox") => {
      for (const input of this.dialog.querySelectorAll(`${id} input[type=${type}]`)) {
        const n = counts[input.value];
        $(".count", input.parentElement).textContent = n === undefined || n === null ? "" : counted(n);
      }
    };
    tell("#filter-classes", found.classes);
    tell("#filter-tomograms", found.tomograms);
    tell("#filter-answers", found.annotators);
    tell("#filter-answers", found.answered, "radio");
    for (const name of ["probability", "doubt"]) {
      const [from, to] = [`#${name}-from`, `#${name}-to`].map((id) => Number($(id).value)).sort((a, b) => a - b);
      $(`#${name}-said`).textContent = `${from.toFixed(2)} to ${to.toFixed(2)}`;
    }
  }
}
