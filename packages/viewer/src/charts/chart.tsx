import { type PlotOptions, plot } from '@observablehq/plot'
import { useEffect, useRef } from 'preact/hooks'
import { shownText } from '../shown-text.ts'
import { useWidth } from '../use-width.ts'

interface ChartProps {
  /** Description for screen readers. */
  readonly label: string
  /** Makes the chart for a width in pixels. A new function redraws it. */
  readonly options: (width: number) => PlotOptions
  /** Called with the datum under the pointer; the marks need Plot's pointer transform. */
  readonly onPick?: (picked: unknown) => void
}

/** A chart of Observable Plot. */
export function Chart({ label, options, onPick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  useEffect(() => {
    // Hidden, for example while an instance is open.
    if (width === 0) return undefined
    const element = box.current
    let drawn: ReturnType<typeof plot> | null = null
    // A press may begin on a drawing and end on the next one, which makes no click and hasn't seen the pointer.
    const pick = ({ button, clientX, clientY }: PointerEvent): void => {
      if (button !== 0) return
      drawn?.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, pointerType: 'mouse' }))
      // Plot finds the datum under the pointer in the next frame.
      requestAnimationFrame(() => {
        if (drawn?.value != null) onPick?.(drawn.value)
      })
    }
    const draw = (): void => {
      drawn = plot({ ...STYLE, ...options(width), width })
      // The content security policy allows only the page's own style: `.chart` in report.css says the same.
      for (const style of drawn.querySelectorAll('style')) style.remove()
      // The label describes the chart; Plot's own names of its marks are useless.
      drawn.setAttribute('aria-hidden', 'true')
      element?.replaceChildren(drawn)
    }
    element?.addEventListener('pointerup', pick)
    // The clicked or typed change is shown first; an existing chart follows a little later.
    const timer = setTimeout(draw, element?.childElementCount === 0 ? 0 : REDRAW_MS)
    return () => {
      clearTimeout(timer)
      element?.removeEventListener('pointerup', pick)
    }
  }, [options, onPick, width])
  return <div class={onPick === undefined ? 'chart' : 'chart picking'} ref={box} role="img" aria-label={label} />
}

const REDRAW_MS = 60

const STYLE = {
  className: 'plot',
  style: { background: 'none', fontSize: '12px', fontFamily: 'inherit' },
} as const satisfies PlotOptions

/** Each series has a shape as well as a colour; a legend shows the sign. */
const SHAPES = [
  { symbol: 'circle', sign: '●' },
  { symbol: 'square', sign: '■' },
  { symbol: 'triangle', sign: '▲' },
  { symbol: 'diamond', sign: '◆' },
  { symbol: 'star', sign: '★' },
  { symbol: 'cross', sign: '✚' },
] as const

/** The colour of a series. */
export function colourOf(series: number): string {
  return `var(--series-${(series % SHAPES.length) + 1})`
}

/** Scales that give each of this many series its colour and shape. */
export function seriesScales(count: number): Required<Pick<PlotOptions, 'color' | 'symbol'>> {
  const domain = Array.from({ length: count }, (_, index) => index)
  return {
    color: { type: 'ordinal', domain, range: domain.map(colourOf) },
    symbol: {
      type: 'ordinal',
      domain,
      range: domain.map((index) => SHAPES[index % SHAPES.length]?.symbol ?? 'circle'),
    },
  }
}

/** The names of the series with their shapes. */
export function SeriesLegend({ series }: { readonly series: readonly string[] }) {
  return (
    <p class="legend">
      {series.map((name, index) => (
        <span key={name}>
          <span style={{ color: colourOf(index) }} aria-hidden="true">
            {SHAPES[index % SHAPES.length]?.sign}
          </span>{' '}
          {shownText(name)}
        </span>
      ))}
    </p>
  )
}
