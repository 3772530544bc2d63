// Boxes as points of a map: numbers in arrays, and what is near what.

// Arrays of numbers as the server packs them: base64 of little-endian bytes.
function unpacked(text, kind) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new kind(bytes.buffer);
}

// Whether a polygon of [x, y] corners goes around a point (nonzero winding, as the canvas fills it).
function isInside(polygon, x, y) {
  let turns = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) turns += yi > yj ? 1 : -1;
  }
  return turns !== 0;
}

const CELLS = 96; // along an edge of the map, for looking only at what is near

class Points {
  // x, y: Float32Array in 0..1
  constructor(x, y) {
    Object.assign(this, { x, y, n: x.length });
    this.start = new Uint32Array(CELLS * CELLS + 1);
    const cell = Uint16Array.from(x, (_, i) => this.cellOf(x[i], y[i]));
    for (const c of cell) this.start[c + 1] += 1;
    for (let c = 0; c < CELLS * CELLS; c += 1) this.start[c + 1] += this.start[c];
    this.inCell = new Uint32Array(this.n);
    const next = this.start.slice();
    cell.forEach((c, i) => { this.inCell[next[c]++] = i; });
  }

  cellOf(x, y) {
    const place = (value) => Math.min(Math.max(Math.floor(value * CELLS), 0), CELLS - 1);
    return place(y) * CELLS + place(x);
  }

  // Calls `tell` with every point of the cells that a rectangle touches.
  inRectangle(left, top, right, bottom, tell) {
    const [first, last] = [this.cellOf(left, top), this.cellOf(right, bottom)];
    const [from, to] = [first % CELLS, last % CELLS];
    for (let row = Math.floor(first / CELLS); row <= Math.floor(last / CELLS); row += 1) {
      const [begin, end] = [this.start[row * CELLS + from], this.start[row * CELLS + to + 1]];
      for (let k = begin; k < end; k += 1) tell(this.inCell[k]);
    }
  }

  // The point nearest to a place and not farther than `reach`; -1: none.
  nearest(x, y, reach, isShown = () => true) {
    let [best, least] = [-1, reach * reach];
    this.inRectangle(x - reach, y - reach, x + reach, y + reach, (i) => {
      const square = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (square <= least && isShown(i)) [best, least] = [i, square];
    });
    return best;
  }

  // The `n` nearest of a point, itself first.
  around(point, n, isShown = () => true) {
    const square = (i) => (this.x[i] - this.x[point]) ** 2 + (this.y[i] - this.y[point]) ** 2;
    for (let reach = 1 / CELLS; ; reach *= 2) {
      const found = [];
      this.inRectangle(this.x[point] - reach, this.y[point] - reach, this.x[point] + reach, this.y[point] + reach,
        (i) => { if (square(i) <= reach * reach && isShown(i)) found.push(i); });
      if (found.length >= n || reach > 2) return found.sort((a, b) => square(a) - square(b)).slice(0, n);
    }
  }

  // The nearest point in a direction, seen within 45 degrees of it; the point itself where none is.
  towards(point, dx, dy, isShown = () => true) {
    let [best, least] = [point, Infinity];
    for (let i = 0; i < this.n; i += 1) {
      const [x, y] = [this.x[i] - this.x[point], this.y[i] - this.y[point]];
      const along = x * dx + y * dy;
      const across = Math.abs(x * dy - y * dx);
      if (along > 0 && across <= along && along + across < least && isShown(i)) [best, least] = [i, along + across];
    }
    return best;
  }

  inPolygon(polygon, isShown = () => true) {
    const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
    const found = [];
    this.inRectangle(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (i) => {
      if (isShown(i) && isInside(polygon, this.x[i], this.y[i])) found.push(i);
    });
    return found;
  }
}
