import { describe, expect, it } from 'vitest'
import {
  EVALUATION_REPOSITORIES,
  isEvaluationHistory,
  isEvaluationRepository,
  repositoryIdentity,
} from './repositories.ts'

describe('EVALUATION_REPOSITORIES', () => {
  it('contains identities, each once', () => {
    expect(EVALUATION_REPOSITORIES.map(repositoryIdentity)).toEqual(EVALUATION_REPOSITORIES)
    expect(new Set(EVALUATION_REPOSITORIES).size).toBe(EVALUATION_REPOSITORIES.length)
  })

  it.each([
    'django/django',
    'FelixXM/Django',
    'PyCQA/pylint',
    'kennethreitz/requests',
    'Qiskit/qiskit-terra',
    'google/jax',
    'agno-agi/agno',
    'rails-sqlserver/nothing',
  ])('%s', (repo) => {
    expect(isEvaluationRepository(repo)).toBe(repo !== 'rails-sqlserver/nothing')
  })
})

describe('isEvaluationHistory', () => {
  it('recognizes a repository by its first commit', () => {
    // The first commits of psf/requests and of git itself.
    expect(isEvaluationHistory('e7615cbc6b4af5985c4e0d4848a426e2d35f79c3')).toBe(true)
    expect(isEvaluationHistory('e83c5163316f89bfbde7d9ab23ca2e25604af290')).toBe(false)
  })
})
