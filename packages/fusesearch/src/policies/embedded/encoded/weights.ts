import type { Encoder } from '../../../encoder/index.ts'

/** What an encoder's similarities add to the scores of a ranking that is in doubt. */
export interface EncoderWeights {
  /** The encoder reads where the chance of the best file is below this. */
  readonly doubt: number
  readonly file: {
    /** The most similar of the file's functions. */
    readonly best: number
    /** The file's path with the names of what it defines. */
    readonly outline: number
  }
  readonly function: {
    readonly own: number
    /** The most similar function of its file. */
    readonly file: number
  }
}

/** Weights of the known encoders; the first serves encoders of one's own. `fusesearch train --encoder` fits others. */
export const ENCODER_WEIGHTS: Readonly<Record<string, EncoderWeights>> = {
  minilm: { doubt: 0.4, file: { best: 1, outline: 7.8 }, function: { own: 1.3, file: 4.4 } },
  'bge-small': { doubt: 0.4, file: { best: 6, outline: 8.2 }, function: { own: 5.8, file: 5.4 } },
}

/** The weights of an encoder: those of a training, else those of the known encoder that it is. */
export function encoderWeightsFor(
  { known = 'minilm' }: Pick<Encoder, 'known'>,
  trained?: EncoderWeights,
): EncoderWeights {
  const weights = trained ?? ENCODER_WEIGHTS[known]
  if (weights === undefined) throw new Error(`there are no weights for the encoder ${known}`)
  return weights
}

/** An encoder with the weights of what it finds. */
export interface Reader {
  readonly encoder: Encoder
  readonly weights: EncoderWeights
}

/** Names an encoder and the weights of what it finds, in a trajectory say: what differs in either has another name. */
export function digestReader({ encoder, weights }: Reader): string {
  const { doubt, file, function: ofFunction } = weights
  return [encoder.name, encoder.digest, doubt, file.best, file.outline, ofFunction.own, ofFunction.file].join(' ')
}
