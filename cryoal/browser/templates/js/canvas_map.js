// Points on a canvas: drawn as pixels while there are many, as the shapes of their classes once few
// are in sight.

const FEW = 1500; // points in sight that are drawn as shapes
const MOST_ZOOM = 200;

// Little-endian RGBA as one number.
function pixelOf(colour, alpha = 255) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

class CanvasMap {
  constructor(canvas, points) {
    this.canvas = canvas;
    this.take(points);
    this.lasso = [];
    this.zoom = 1;
    this.centre = [0.5, 0.5];
    this.isShown = (i) => !this.isHidden[this.kindOf[i]];
    new ResizeObserver(() => this.measure()).observe(canvas);
    this.measure();
  }

  // kinds: the marks of points; kindOf: which each has; isHidden: by kind
  take(points) {
    this.points = points;
    this.kinds = [];
    this.kindOf = new Uint8Array(points.n);
    this.isHidden = [];
    this.chosen = new Uint8Array(points.n);
    this.nChosen = 0;
    this.front = -1;
  }

  measure() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (!width || !height) return;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.image = this.canvas.getContext("2d").createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.ratio = ratio;
    this.draw();
  }

  // Pixels for a whole edge of the map, with a margin.
  get scale() {
    return 0.94 * this.zoom * Math.min(this.canvas.width, this.canvas.height);
  }

  toCanvas(x, y) {
    const { scale, canvas, centre } = this;
    return [(x - centre[0]) * scale + canvas.width / 2, (y - centre[1]) * scale + canvas.height / 2];
  }

  // From CSS pixels within the canvas.
  toMap(left, top) {
    const { scale, canvas, centre, ratio } = this;
    return [(left * ratio - canvas.width / 2) / scale + centre[0], (top * ratio - canvas.height / 2) / scale + centre[1]];
  }

  zoomBy(factor, at = this.centre) {
    const before = this.zoom;
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), MOST_ZOOM);
    const share = 1 - before / this.zoom;
    this.moveTo([0, 1].map((k) => this.centre[k] + (at[k] - this.centre[k]) * share));
  }

  moveTo(centre) {
    this.centre = centre.map((value) => Math.min(Math.max(value, 0), 1));
    this.draw();
  }

  // Brings a point into sight.
  show(point) {
    this.front = point;
    const [x, y] = this.toCanvas(this.points.x[point], this.points.y[point]);
    const margin = 20;
    const isSeen = x > margin && y > margin && x < this.canvas.width - margin && y < this.canvas.height - margin;
    if (isSeen) this.draw();
    else this.moveTo([this.points.x[point], this.points.y[point]]);
  }

  choose(indices) {
    this.chosen.fill(0);
    for (const i of indices) this.chosen[i] = 1;
    this.nChosen = indices.length;
    this.draw();
  }

  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.pixels && this.kinds.length) this.paint();
    });
  }

  get inSight() {
    const half = [this.canvas.width / 2 / this.scale, this.canvas.height / 2 / this.scale];
    const [left, top] = [this.centre[0] - half[0], this.centre[1] - half[1]];
    return [left, top, left + 2 * half[0], top + 2 * half[1]];
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const seen = [];
    this.points.inRectangle(...this.inSight, (i) => { if (this.isShown(i)) seen.push(i); });
    this.nSeen = seen.length;
    if (seen.length <= FEW) {
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      this.paintShapes(context, seen);
    } else {
      this.paintPixels(seen);
      context.putImageData(this.image, 0, 0);
    }
    this.paintFront(context);
    this.paintLasso(context);
  }

  paintPixels(seen) {
    const { width, height } = this.canvas;
    const { pixels, points, scale, centre, kindOf, chosen, nChosen } = this;
    pixels.fill(0);
    const whole = this.kinds.map((mark) => pixelOf(mark.colour));
    const faint = this.kinds.map((mark) => pixelOf(mark.colour, 70));
    const size = Math.round(this.ratio * Math.min(5, 2 + Math.log2(this.zoom) / 2 + (seen.length < 15_000 ? 1 : 0)));
    const [left, top] = [width / 2 - centre[0] * scale, height / 2 - centre[1] * scale];
    for (const isLast of nChosen ? [0, 1] : [0]) {
      for (const i of seen) {
        if (nChosen && chosen[i] !== isLast) continue;
        const colour = (nChosen && !isLast ? faint : whole)[kindOf[i]];
        const x = Math.round(points.x[i] * scale + left - size / 2);
        const y = Math.round(points.y[i] * scale + top - size / 2);
        for (let row = Math.max(0, y); row < Math.min(height, y + size); row += 1) {
          for (let column = Math.max(0, x); column < Math.min(width, x + size); column += 1) {
            pixels[row * width + column] = colour;
          }
        }
      }
    }
  }

  paintShapes(context, seen) {
    const size = 5.5 * this.ratio;
    context.lineWidth = this.ratio;
    context.strokeStyle = "#00000080";
    for (const i of seen) {
      const mark = this.kinds[this.kindOf[i]];
      const [x, y] = this.toCanvas(this.points.x[i], this.points.y[i]);
      context.globalAlpha = this.nChosen && !this.chosen[i] ? 0.3 : 1;
      context.fillStyle = mark.colour;
      context.beginPath();
      if (mark.points) {
        mark.points.split(" ").forEach((corner) => {
          const [cx, cy] = corner.split(",").map(Number);
          context.lineTo(x + size * cx, y + size * cy);
        });
        context.closePath();
      } else context.arc(x, y, size * 0.7, 0, 7);
      context.fill();
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  paintFront(context) {
    if (this.front < 0) return;
    const [x, y] = this.toCanvas(this.points.x[this.front], this.points.y[this.front]);
    for (const [width, colour] of [[5, "#000000"], [2.5, "#ffffff"]]) {
      context.lineWidth = width * this.ratio;
      context.strokeStyle = colour;
      context.beginPath();
      context.arc(x, y, 9 * this.ratio, 0, 7);
      context.stroke();
    }
  }

  paintLasso(context) {
    if (this.lasso.length < 2) return;
    context.beginPath();
    for (const [x, y] of this.lasso) context.lineTo(...this.toCanvas(x, y));
    context.closePath();
    context.fillStyle = "#7f7f7f30";
    context.fill();
    for (const [width, colour] of [[4, "#000000"], [2, "#ffffff"]]) {
      context.lineWidth = width * this.ratio;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}

// Mouse, pen and finger on the canvas: a drag draws the lasso, or moves the map; a click names a point.
function handle(map, { onPoint, onLasso, isMoving }) {
  const { canvas } = map;
  let from = null;
  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    return map.toMap(event.clientX - frame.left, event.clientY - frame.top);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 2) return;
    canvas.setPointerCapture(event.pointerId);
    from = { at: place(event), pixel: [event.clientX, event.clientY], moves: event.button !== 0 || isMoving(), isFar: false };
    map.lasso = from.moves ? [] : [from.at];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    from.isFar ||= Math.hypot(event.clientX - from.pixel[0], event.clientY - from.pixel[1]) > 4;
    const here = place(event);
    if (from.moves) map.moveTo([0, 1].map((k) => map.centre[k] + from.at[k] - here[k]));
    else {
      map.lasso.push(here);
      map.draw();
    }
  });
  const end = (event) => {
    if (!from) return;
    const { isFar, moves } = from;
    from = null;
    const drawn = map.lasso;
    map.lasso = [];
    map.draw();
    if (!isFar) onPoint(map.points.nearest(...place(event), (12 * map.ratio) / map.scale, map.isShown));
    else if (!moves && drawn.length > 2) onLasso(map.points.inPolygon(drawn, map.isShown));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", () => { from = null; map.lasso = []; map.draw(); });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    map.zoomBy(1.0015 ** -event.deltaY, place(event));
  }, { passive: false });
}
