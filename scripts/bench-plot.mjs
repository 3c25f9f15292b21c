/** Cost against size as small SVG plots with logarithmic axes. */

const PLOTS = [
  {
    file: "performance-hold.svg",
    title: "hold: CPU ns per event against pending events",
    key: "ns",
    points: { 1e2: "hold 1e2", 1e4: "hold 1e4", 1e6: "hold 1e6" },
  },
  {
    file: "performance-fan-out.svg",
    title: "PUB over tcp: CPU ns per delivery against subscribers",
    key: "ns",
    points: { 1: "PUB to 1 tcp", 100: "PUB to 100 tcp", 10000: "PUB to 10000 tcp", 100000: "PUB to 100000 tcp" },
  },
  {
    file: "performance-idle.svg",
    title: "idle subscriber: bytes against subscribers",
    key: "bytes",
    points: { 1e4: "idle 1e4", 1e5: "idle 1e5", 1e6: "idle 1e6" },
  },
];

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 70;
const BOTTOM = 50;
const TOP = 40;
const RIGHT = 20;

export function plotSvg(measured) {
  const rows = new Map(measured.map((row) => [row.name, row]));
  return PLOTS.flatMap(({ file, title, key, points }) => {
    const data = Object.entries(points).flatMap(([size, name]) =>
      rows.get(name)?.[key] === undefined ? [] : [[Number(size), rows.get(name)[key]]],
    );
    return data.length < 2 ? [] : [{ file, title, svg: draw(title, data) }];
  });
}

function draw(title, data) {
  const sizes = data.map(([size]) => Math.log10(size));
  const values = data.map(([, value]) => Math.log10(value));
  const low = Math.floor(Math.min(...values));
  const high = Math.max(Math.ceil(Math.max(...values)), low + 1);
  const x = (size) => LEFT + ((size - sizes[0]) / (sizes.at(-1) - sizes[0])) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - BOTTOM - TOP);
  const grid = Array.from({ length: high - low + 1 }, (_, index) => low + index).map(
    (power) =>
      `<line x1="${LEFT}" y1="${y(power)}" x2="${WIDTH - RIGHT}" y2="${y(power)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y(power) + 4}" text-anchor="end">${label(10 ** power)}</text>`,
  );
  const marks = data.map(
    ([size, value]) =>
      `<circle cx="${x(Math.log10(size))}" cy="${y(Math.log10(value))}" r="4" fill="#0a6"/><text x="${x(Math.log10(size))}" y="${y(Math.log10(value)) - 9}" text-anchor="middle">${label(value)}</text><text x="${x(Math.log10(size))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${label(size)}</text>`,
  );
  const line = data
    .map(([size, value]) => `${x(Math.log10(size)).toFixed(1)},${y(Math.log10(value)).toFixed(1)}`)
    .join(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12"><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/><text x="${WIDTH / 2}" y="22" text-anchor="middle" font-size="14">${title}</text>${grid.join("")}<polyline points="${line}" fill="none" stroke="#0a6" stroke-width="2"/>${marks.join("")}</svg>\n`;
}

const label = (value) =>
  value >= 1e6
    ? `${+(value / 1e6).toPrecision(3)}M`
    : value >= 1e3
      ? `${+(value / 1e3).toPrecision(3)}k`
      : String(+value.toPrecision(3));
