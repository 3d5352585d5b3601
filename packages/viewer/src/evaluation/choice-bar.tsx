import { useId } from 'preact/hooks'
import { shownText } from '../shown-text.ts'
import type { Choices, ChoosingProps } from './shown.ts'

/** The choices for all parts of the page: the level, the subset, and the two policies to compare. */
export function ChoiceBar({ data, choices, choose }: ChoosingProps) {
  const kept = data.instances.filter(({ isKept }) => isKept).length
  const policies = data.policies.map(({ policy }, index) => [String(index), shownText(policy)] as const)
  return (
    <div class="card choices" role="group" aria-label="What is shown">
      <Choice
        label="F1 of"
        value={choices.level}
        options={[
          ['file', 'files'],
          ['function', 'functions'],
        ]}
        onChange={(level) => choose({ level: level as Choices['level'] })}
      />
      <Choice
        label="Instances"
        value={choices.subset}
        options={[
          ['all', `all ${data.instances.length}`],
          ['kept', `the ${kept} whose fix adds nothing`],
        ]}
        onChange={(subset) => choose({ subset: subset as Choices['subset'] })}
      />
      {policies.length > 1 && (
        <>
          <Choice label="A" value={String(choices.a)} options={policies} onChange={(a) => choose({ a: Number(a) })} />
          <Choice label="B" value={String(choices.b)} options={policies} onChange={(b) => choose({ b: Number(b) })} />
        </>
      )}
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly onChange: (value: string) => void
}

/** One of several. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId()
  return (
    <span class="choice">
      <label for={id}>{label}</label>{' '}
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(([option, text]) => (
          <option value={option} key={option}>
            {text}
          </option>
        ))}
      </select>
    </span>
  )
}
