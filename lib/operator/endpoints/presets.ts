/** Ready-made transforms for common receivers. A person copies and edits their text. */
import { readFile } from 'node:fs/promises';
import type { GivenAttributes } from './endpoints.ts';

/** Descriptions by name. */
export const PRESETS = {
  slack: 'a message for a Slack incoming webhook',
  teams: 'a card for the incoming webhook of a Microsoft Teams workflow',
  discord: 'a message for a Discord webhook',
  changes: 'the changes as JSON',
} as const;

export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly Preset[];

export function isPreset(name: string): name is Preset {
  return Object.hasOwn(PRESETS, name);
}

/** The JSONata expression. */
export async function presetText(name: Preset): Promise<string> {
  const text = await readFile(new URL(`./presets/${name}.jsonata`, import.meta.url), 'utf8');
  return text.trim();
}

/** The presets for chats set the ordering `none`, so that a chat shows every update. */
export async function presetAttributes(name: Preset): Promise<GivenAttributes> {
  const transform = await presetText(name);
  return name === 'changes' ? { transform } : { transform, ordering: 'none' };
}
