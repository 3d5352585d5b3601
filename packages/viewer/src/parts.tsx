import type { ToolName } from 'fusesearch/search'
import type { ShownEntity, ShownRun } from 'fusesearch/view'
import type { ComponentChildren } from 'preact'
import { useView } from './context.ts'
import { percent } from './format.ts'
import { shownText } from './shown-text.ts'

/** Names of tools on the page. */
export const TOOL_LABELS: Readonly<Record<ToolName, string>> = {
  grep: 'grep',
  glob: 'glob',
  read_file: 'read',
  history: 'history',
}

export function ToolTag({ tool }: { readonly tool: ToolName }) {
  return <span class={`tool ${tool}`}>{TOOL_LABELS[tool]}</span>
}

/** The policy, and the run's name if it is more specific. */
export function RunTitle({ run: { header, name } }: { readonly run: ShownRun }) {
  return (
    <h3>
      {shownText(header.policy)} {name !== header.policy && <span class="muted">{shownText(name)}</span>}
    </h3>
  )
}

/** The share of a call's result that was new, as a bar and a number. */
export function Gain({ gain }: { readonly gain: number }) {
  return (
    <span class="gain" title={`${percent(gain)} of what it showed was new`}>
      <span class="gain-bar" aria-hidden="true">
        <span style={{ width: percent(gain) }} />
      </span>
      <span class="gain-number">
        {percent(gain)}
        <span class="unseen"> new</span>
      </span>
    </span>
  )
}

/** Whether a path or a place is part of the fix; nothing if the fix isn't known. */
export function GoldTag({ path, name }: { readonly path: string; readonly name?: string }) {
  const { gold } = useView()
  const isGold =
    name === undefined
      ? gold?.files.includes(path)
      : gold?.functions.some((one) => one.path === path && one.name === name)
  return isGold ? (
    <span class="tag gold-tag" title="the fix changed it">
      ✓ gold
    </span>
  ) : null
}

/** Whether an entity was new; nothing for entities without a score. */
export function FreshTag({ entity }: { readonly entity: ShownEntity | undefined }) {
  if (entity === undefined) return null
  return entity.isFresh ? <span class="tag fresh">new</span> : <span class="tag">seen before</span>
}

/** A path that opens in the editor, if links are configured. */
export function PathName({ path, line = 1 }: { readonly path: string; readonly line?: number }) {
  const { editorLink } = useView()
  const link = editorLink(path, line)
  const cut = path.lastIndexOf('/') + 1
  const name = (
    <bdi class="path">
      {/* A long path breaks behind a folder. */}
      <span class="folder">
        {path
          .slice(0, cut)
          .split('/')
          .map((folder, index) => [index > 0 && ['/', <wbr />], shownText(folder)])}
      </span>
      {shownText(path.slice(cut))}
    </bdi>
  )
  return link === undefined ? (
    name
  ) : (
    <a class="path-link" href={link} title="open in the editor">
      {name}
    </a>
  )
}

interface SectionProps {
  readonly title: string
  readonly class?: string
  readonly children: ComponentChildren
}

export function Section({ title, class: name = '', children }: SectionProps) {
  return (
    <section class={`card ${name}`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}
