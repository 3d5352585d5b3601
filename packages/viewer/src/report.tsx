/** The script of reports: evaluations and trainings, with charts. */
import { draw } from './draw.ts'
import { EvaluationPage } from './evaluation/evaluation-page.tsx'
import { TrainingPage } from './training/training-page.tsx'

draw((data) => {
  if (data.kind === 'evaluation') return <EvaluationPage data={data} />
  return data.kind === 'training' ? <TrainingPage data={data} /> : null
})
