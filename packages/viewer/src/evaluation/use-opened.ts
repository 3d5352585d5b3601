import type { EvaluationData, ShownInstance } from 'fusesearch/view'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Open } from './shown.ts'

/**
 * The instance whose page is open. It is part of the address, so that the browser's back button works and the page can
 * be shared; the report then keeps its scroll position.
 */
export function useOpened({ instances }: EvaluationData): [opened: ShownInstance | null, open: Open] {
  const byId = useMemo(() => new Map(instances.map((instance) => [instance.id.toWellFormed(), instance])), [instances])
  const current = (): ShownInstance | null => byId.get(idInAddress()) ?? null
  const [opened, setOpened] = useState(current)
  const shown = useRef(opened)
  const top = useRef(0)
  useEffect(() => {
    // The browser would use the other page's scroll position.
    history.scrollRestoration = 'manual'
    const follow = (): void => {
      const next = current()
      if (shown.current === null) top.current = scrollY
      shown.current = next
      setOpened(next)
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [byId])
  useLayoutEffect(() => scrollTo(0, opened === null ? top.current : 0), [opened])
  const open = useCallback((instance: ShownInstance | null) => {
    location.hash = instance === null ? '' : addressOf(instance)
  }, [])
  return [opened, open]
}

const MARK = '#instance='

/** The address of an instance within the page. */
export function addressOf({ id }: ShownInstance): string {
  return `${MARK}${encodeURIComponent(id.toWellFormed())}`
}

/** Empty while the report is shown. */
function idInAddress(): string {
  const { hash } = location
  if (!hash.startsWith(MARK)) return ''
  try {
    return decodeURIComponent(hash.slice(MARK.length))
  } catch {
    // The address was edited by hand and names no instance.
    return ''
  }
}
