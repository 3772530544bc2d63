// How a box is looked at, from bytes to grey: cryoal/review/view.py.

class Boxes {
  constructor(text, box) {
    this.lines = text.split("\n");
    this.box = box;
    this.codes = new Map();
    this.smooth = new Map();
    const [low, high] = box.range;
    this.values = Float32Array.from({ length: 256 }, (_, code) => low + (code * (high - low)) / 255);
    this.thickness = Math.max(1, Math.round(box.thickness / box.binning));
  }

  // z-scores of one box, smoothed by step `level` of the low-pass; z slowest.
  scores(picture, level) {
    const name = `${picture} ${level}`;
    if (this.smooth.has(name)) return this.smooth.get(name);
    const codes = atob(this.lines[picture]);
    let box = new Float32Array(codes.length);
    for (let i = 0; i < codes.length; i += 1) box[i] = this.values[codes.charCodeAt(i)];
    box = lowPass(box, this.box.edge, this.box.low_pass[level] / this.box.binning);
    if (this.smooth.size > 60) this.smooth.delete(this.smooth.keys().next().value);
    this.smooth.set(name, box);
    return box;
  }

  // Grey slabs xy, xz, yz: three arrays of edge * edge bytes.
  draw(picture, { depth = 0, level = 0, isInverted = false }) {
    const n = this.box.edge;
    const box = this.scores(picture, level);
    const at = Math.min(Math.max((n >> 1) + depth, 0), n - 1);
    const first = Math.max(0, at - (this.thickness >> 1));
    const stop = Math.min(n, at - (this.thickness >> 1) + this.thickness);
    const strides = [[n * n, n, 1], [n, n * n, 1], [1, n * n, n]]; // of what is averaged, down, right
    const [low, high] = this.box.window;
    return strides.map(([over, down, right]) => {
      const grey = new Uint8ClampedArray(n * n);
      for (let row = 0; row < n; row += 1) {
        for (let column = 0; column < n; column += 1) {
          let sum = 0;
          for (let k = first; k < stop; k += 1) sum += box[k * over + row * down + column * right];
          const share = (sum / (stop - first) - low) / (high - low);
          const level = Math.round(255 * Math.min(Math.max(share, 0), 1));
          grey[row * n + column] = isInverted ? 255 - level : level;
        }
      }
      return grey;
    });
  }
}

// A Gaussian that halves the amplitude of a wave of `resolution` voxels; 0 leaves the box as it is.
function lowPass(box, n, resolution) {
  if (!resolution) return box;
  const sigma = (resolution * Math.sqrt(Math.LN2 / 2)) / Math.PI;
  const reach = Math.ceil(3 * sigma);
  let weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-0.5 * ((k - reach) / sigma) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  weights = weights.map((weight) => weight / sum);
  for (const stride of [n * n, n, 1]) {
    const out = new Float32Array(box.length);
    for (let i = 0; i < box.length; i += 1) {
      const here = Math.floor(i / stride) % n;
      const start = i - here * stride;
      let total = 0;
      for (let k = -reach; k <= reach; k += 1) {
        const from = Math.min(Math.max(here + k, 0), n - 1); // the border goes on
        total += weights[k + reach] * box[start + from * stride];
      }
      out[i] = total;
    }
    box = out;
  }
  return box;
}

function paint(canvas, grey, edge) {
  if (canvas.width !== edge) canvas.width = canvas.height = edge;
  const image = new ImageData(edge, edge);
  for (let i = 0; i < grey.length; i += 1) {
    image.data.fill(grey[i], 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const easel = document.createElement("canvas");

// The three slabs in one canvas: xy large, xz and yz small beside it.
function paintCard(canvas, slabs, edge, large) {
  const small = large / 2;
  const gap = 2;
  canvas.width = large + gap + small;
  canvas.height = large;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const places = [[0, 0, large], [large + gap, 0, small - gap / 2], [large + gap, small + gap / 2, small - gap / 2]];
  slabs.forEach((grey, k) => {
    paint(easel, grey, edge);
    const [x, y, size] = places[k];
    context.drawImage(easel, 0, 0, edge, edge, x, y, size, size);
  });
}
