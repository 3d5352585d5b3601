/**
 * encoder: a small pretrained model that turns texts into vectors, so that texts about the same lie near each other. It
 * runs in this process on packages that people install themselves. It knows nothing of searches and rankings.
 */

export { type Encoder, type EncoderOptions, openEncoder } from './encoder.ts'
export { CHARS_OF_TOKEN, checkEngine, type EngineOptions, findEngine } from './engine.ts'
export { type Fetched, type GetOptions, getEncoder, isFile, type WeightsSource } from './get.ts'
export {
  type EncoderFiles,
  encoderFiles,
  KNOWN_ENCODERS,
  type KnownEncoder,
  knownEncoder,
  OWN_READING,
  weightsFolder,
} from './known.ts'
export { passageText } from './passage.ts'
export { similarity, type Vector } from './vector.ts'
