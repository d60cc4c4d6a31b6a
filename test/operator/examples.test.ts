import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { leavesOf, pathOf } from '../../lib/operator/cli/examples.ts';
import { aProgram } from './a-program.ts';
import { cli } from './cli.ts';

const program = aProgram();
const shown = leavesOf(program).filter((command) => !isHidden(command));

/** Commander has no public name for it. */
function isHidden(command: Command): boolean {
  return !(command.parent?.createHelp().visibleCommands(command.parent) ?? []).includes(command);
}

describe.each(shown.map((command) => pathOf(command)))('the help of %s', (path) => {
  it('has an example, and each example is a command with options that exist', async () => {
    const { out } = await cli([...path.split(' '), '--help'], { program: 'relay' });

    const examples = [...out.matchAll(/^ {2}\$ relay (.*)$/gm)].map(([, example = '']) => example);
    expect(examples).not.toEqual([]);
    for (const example of examples) {
      expect(`${example} `).toContain(`${path} `);
      const command = shown.find((one) => pathOf(one) === path);
      const known = [...(command?.options ?? []), ...program.options].map(({ long }) => long);
      for (const [option] of example.matchAll(/(?<= )--[\w-]+/g)) expect(known).toContain(option);
    }
  });
});
