/** Parses a checked form. */
import type { z } from 'zod';
import { checkAttributes } from '../operator/attributes.ts';
import type { ConsoleContext } from './console-env.ts';

/** @throws InvalidInputError that names every invalid field */
export function formOf<Form>(c: ConsoleContext, schema: z.ZodType<Form>): Form {
  return checkAttributes(schema, c.var.form);
}
