/** The options that stand for an endpoint's expressions, which may also be read from files. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { checkExpressions } from '../endpoints/expressions.ts';
import { isPreset, PRESET_NAMES, presetAttributes } from '../endpoints/presets.ts';
import { InvalidInputError } from '../errors.ts';

export function addExpressionOptions(command: Command): Command {
  return command
    .option('--filter <jsonata>', 'which events it wants: those of which this is true; @file reads a file')
    .option('--transform <jsonata>', 'what it is sent instead of what came; @file reads a file')
    .addOption(presetOption())
    .option('--content-type <type>', 'of what the transform gives, if not what follows from that');
}

export function presetOption(): Option {
  return new Option('--preset <name>', `a ready-made transform: ${PRESET_NAMES.join(', ')}`);
}

/**
 * The attributes with the files' texts and the preset's in their places, checked.
 *
 * @throws InvalidInputError
 */
export async function withExpressions(given: GivenAttributes): Promise<GivenAttributes> {
  const { preset, ...attributes } = given;
  const [filter, transform, made] = await Promise.all([
    textOf('filter', attributes.filter),
    textOf('transform', attributes.transform),
    ofPreset(preset, attributes),
  ]);
  // What was given by itself comes before what the preset has along with its transform.
  const all = {
    ...made,
    ...attributes,
    ...(typeof filter === 'string' && { filter }),
    ...(typeof transform === 'string' && { transform }),
  };
  await checkExpressions(all);
  return all;
}

/** @throws InvalidInputError */
async function ofPreset(preset: unknown, attributes: GivenAttributes): Promise<GivenAttributes> {
  if (typeof preset !== 'string') return {};
  if ('transform' in attributes)
    throw new InvalidInputError([{ attribute: 'preset', problem: 'does not go with --transform' }]);
  if (!isPreset(preset))
    throw new InvalidInputError([{ attribute: 'preset', problem: `must be ${PRESET_NAMES.join(' or ')}` }]);
  return presetAttributes(preset);
}

/** @throws InvalidInputError when it names a file that cannot be read */
export async function textOf(attribute: string, given: unknown): Promise<unknown> {
  if (typeof given !== 'string' || !given.startsWith('@')) return given;
  const path = given.slice(1);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code = 'it failed' } = Object(error) as { code?: unknown };
    throw new InvalidInputError([{ attribute, problem: `names a file that cannot be read: ${code}` }]);
  }
}
