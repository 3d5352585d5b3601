// A curve as a small SVG that is readable on light and dark pages.
const WIDTH = 640
const HEIGHT = 240
const LEFT = 44
const BOTTOM = 30
const TOP = 26
const RIGHT = 12

/** Draws `values`, one for each step; `most` is the end of the scale. `title` is above. */
export function drawCurve({ values, most, title }) {
  const x = (step) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / Math.max(1, values.length - 1)
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / most
  const points = values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const marks = Array.from({ length: 5 }, (_, index) => (most * index) / 4)
  const lines = marks.map(
    (mark) =>
      `<path d="M${LEFT} ${y(mark).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8886"/><text x="${LEFT - 6}" y="${(y(mark) + 4).toFixed(1)}" text-anchor="end">${mark.toFixed(1)}</text>`,
  )
  const steps = [0, values.length - 1].map(
    (step) =>
      `<text x="${x(step).toFixed(1)}" y="${HEIGHT - 10}" text-anchor="${step === 0 ? 'start' : 'end'}">step ${step + 1}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#888">`,
    `<text x="${LEFT}" y="15">${title}</text>`,
    ...lines,
    ...steps,
    `<polyline points="${points}" fill="none" stroke="#2a8" stroke-width="2"/>`,
    '</svg>\n',
  ].join('\n')
}
