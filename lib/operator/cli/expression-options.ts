/** The options for an endpoint's expressions. A value can be read from a file. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { checkExpressions } from '../endpoints/expressions.ts';
import { isPreset, PRESET_NAMES, presetDefaults, presetText } from '../endpoints/presets.ts';
import { InvalidInputError } from '../errors.ts';

export function addExpressionOptions(command: Command): Command {
  return command
    .option('--filter <jsonata>', 'send only events for which this is true; @file reads a file')
    .option(
      '--transform <jsonata>',
      'send the result of this instead of the webhook’s body; @file reads a file',
    )
    .addOption(presetOption())
    .option(
      '--success <jsonata>',
      'count a request as delivered if this is true for the answer { status, headers, body }; @file reads a file (default: status in [200..299])',
    )
    .option(
      '--content-type <type>',
      'set the content type of requests (default: the Hub’s, or that of the transform’s result)',
    );
}

export function presetOption(): Option {
  return new Option('--preset <name>', `use a ready-made transform: ${PRESET_NAMES.join(', ')}`);
}

/**
 * Replaces file names and the preset by their expressions, and validates them.
 *
 * @throws InvalidInputError
 */
export async function withExpressions(given: GivenAttributes): Promise<GivenAttributes> {
  const { preset, ...attributes } = given;
  const [filter, transform, success, made] = await Promise.all([
    textOf('filter', attributes.filter),
    textOf('transform', attributes.transform),
    textOf('success', attributes.success),
    ofPreset(preset, attributes),
  ]);
  // Given attributes override those of the preset.
  const all = {
    ...made,
    ...attributes,
    ...(typeof filter === 'string' && { filter }),
    ...(typeof transform === 'string' && { transform }),
    ...(typeof success === 'string' && { success }),
  };
  await checkExpressions(all);
  return all;
}

/** @throws InvalidInputError */
async function ofPreset(preset: unknown, attributes: GivenAttributes): Promise<GivenAttributes> {
  if (typeof preset !== 'string') return {};
  if ('transform' in attributes)
    throw new InvalidInputError([{ attribute: 'preset', problem: 'cannot be combined with --transform' }]);
  if (!isPreset(preset))
    throw new InvalidInputError([{ attribute: 'preset', problem: `must be ${PRESET_NAMES.join(' or ')}` }]);
  return { transform: await presetText(preset) };
}

/** The attributes that a preset suggests, without those that are given or in the row. */
export function defaultsOf(
  preset: unknown,
  given: GivenAttributes,
  present: GivenAttributes = {},
): GivenAttributes {
  if (typeof preset !== 'string' || !isPreset(preset)) return {};
  // Debounced deliveries need the ordering `latest`.
  const isDebounced = (given.debounceSeconds ?? present.debounceSeconds ?? null) !== null;
  const decided = new Set([
    ...Object.keys(given),
    ...Object.keys(present),
    ...(isDebounced ? ['ordering'] : []),
  ]);
  return Object.fromEntries(Object.entries(presetDefaults(preset)).filter(([name]) => !decided.has(name)));
}

/** @throws InvalidInputError when the file cannot be read */
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
