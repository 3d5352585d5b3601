import { type Command, InvalidArgumentError, Option } from 'commander'
import { type DefineContext, TOOLS_HELP, toolNames, wholeNumber } from 'fusesearch/cli'
import { addDatasetOptions, excludeOption } from '../run/dataset.ts'
import type { TrainFlags } from './run.ts'

const EPOCHS = 3
const LEARNING_RATE = 2e-5

const HELP_AFTER = `
Each sample is searched once. What the product's encoder would read of the best 10 files and 20 functions makes pairs with
the issue: the ones that the fix changed are right, the others wrong. A program in Python (PyTorch) learns from them, and
measures each epoch on the held-out samples. The folder gets the best one as tuned.onnx with its tokenizer, for --encoder,
and card.json: model, data, settings, and the untrained model against the tuned one. The same command resumes a stopped
training. It runs in a checkout of fusesearch, which has the Python programs.

--base is a folder in Hugging Face's format (config.json, model.safetensors, tokenizer.json) of an encoder whose vector is
the mean of its outputs, such as all-MiniLM-L6-v2.

Examples:
  $ fusesearch encoder train train.jsonl --validation validation.jsonl --base models/all-MiniLM-L6-v2 --out runs/tuned
  $ fusesearch eval validation.jsonl --encoder runs/tuned/tuned.onnx --out runs/with-tuned

Exit codes: 0 trained, 1 no epoch was better than the untrained model, 2 an error, 130 stopped by Ctrl-C.`

export function define(command: Command, { terminal, action }: DefineContext): void {
  command.description('Fine-tunes an encoder on samples, and packs it for --encoder.')
  addDatasetOptions(command.argument('<samples>', 'training samples, JSON lines'))
    .option('--validation <file>', 'held-out samples of other repositories (default: a fifth of the samples)')
    .requiredOption('--base <dir>', 'folder of the model to start from')
    .requiredOption('-o, --out <dir>', 'folder of the training, new or to resume')
    .option('--licence <id>', "licence of the base's weights, for the card (default: what its README.md says)")
    .option('--epochs <n>', 'times that each sample is learned from', wholeNumber(1), EPOCHS)
    .addOption(
      new Option('--loss <name>', 'what is minimised: similarity alone, or the ranking that it changes')
        .choices(['contrastive', 'ranking'])
        .default('contrastive'),
    )
    .option('--learning-rate <rate>', 'peak of the learning rate', rate, LEARNING_RATE)
    .option('--seed <n>', 'random seed', wholeNumber(0), 0)
    .option('--threads <n>', 'threads of the training', wholeNumber(1), 1)
    .option('--tools <names>', TOOLS_HELP, toolNames)
    .addOption(excludeOption())
    .option('--python <path>', 'Python with the packages (default: an environment in the cache folder, installed once)')
    .option('--json', 'print the card', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(
      action(async (samples: string, flags: TrainFlags) => {
        // Loaded late: the help and the other sub-commands don't need it.
        const { runEncoderTune } = await import('./run.ts')
        return runEncoderTune(samples, flags, terminal)
      }),
    )
}

function rate(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value < 1) return value
  throw new InvalidArgumentError('It must be a number above 0 and below 1.')
}
