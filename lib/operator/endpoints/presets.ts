/** Ready-made transforms, for where many want their order updates: each is text that a person copies and edits. */
import { readFile } from 'node:fs/promises';
import type { GivenAttributes } from './endpoints.ts';

/** What each makes of an event. */
export const PRESETS = {
  slack: 'a message for a Slack incoming webhook',
  teams: 'a card for the incoming webhook of a Microsoft Teams workflow',
  discord: 'a message for a Discord webhook',
  changes: 'what changed, as JSON',
} as const;

export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly Preset[];

export function isPreset(name: string): name is Preset {
  return Object.hasOwn(PRESETS, name);
}

/** The expression, as it is written into a row. */
export async function presetText(name: Preset): Promise<string> {
  const text = await readFile(new URL(`./presets/${name}.jsonata`, import.meta.url), 'utf8');
  return text.trim();
}

/** People in a chat want to read every step of an order. */
export async function presetAttributes(name: Preset): Promise<GivenAttributes> {
  const transform = await presetText(name);
  return name === 'changes' ? { transform } : { transform, ordering: 'none' };
}
