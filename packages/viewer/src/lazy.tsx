import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

/** Distance from the view at which it is drawn, in pixels. */
const MARGIN = 600

/** The content to draw when it comes near the view; one observer serves all. */
const waiting = new Map<Element, () => void>()
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) waiting.get(target)?.()
  },
  { rootMargin: `${MARGIN}px` },
)

interface LazyProps {
  /** Its approximate height in pixels. */
  readonly height: number
  /** Draw it at once. */
  readonly isEager?: boolean
  /** The placeholder element; a table accepts only rows. */
  readonly place?: 'div' | 'tr'
  readonly children: () => ComponentChildren
}

/** Draws its children when they come near the view, so that thousands of them cost nothing. */
export function Lazy({ height, isEager = false, place: Tag = 'div', children }: LazyProps) {
  const place = useRef<HTMLElement>(null)
  const [isNear, setNear] = useState(false)
  const isDrawn = isEager || isNear
  useEffect(() => {
    const element = place.current
    if (isDrawn || element === null) return undefined
    waiting.set(element, () => setNear(true))
    observer.observe(element)
    return () => {
      observer.unobserve(element)
      waiting.delete(element)
    }
  }, [isDrawn])
  return isDrawn ? <>{children()}</> : <Tag ref={place as never} style={{ height: `${height}px` }} />
}

/** Cuts a list into parts of at most `size`. */
export function partsOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, part) => list.slice(part * size, (part + 1) * size))
}
