/** Ready-made transforms for common receivers. A person copies and edits their text. */
import { readFile } from 'node:fs/promises';
import type { GivenAttributes } from './endpoints.ts';

/** Descriptions by name. */
export const PRESETS = {
  slack: 'a message for a Slack incoming webhook',
  teams: 'a card for the incoming webhook of a Microsoft Teams workflow',
  discord: 'a message for a Discord webhook',
  'google-chat': 'a message for a Google Chat webhook',
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

/** The rate that a service accepts, in requests per second. */
const RATE_LIMITS: ReadonlyMap<Preset, number> = new Map([
  // https://docs.slack.dev/apis/web-api/rate-limits: one a second for incoming webhooks.
  ['slack', 1],
  // https://learn.microsoft.com/connectors/teams: 100 calls a minute for each connection of a workflow.
  ['teams', 1],
  // https://docs.discord.com/developers/topics/rate-limits: in answers' headers, five in two seconds for a webhook.
  ['discord', 2],
  // https://developers.google.com/workspace/chat/limits: one a second for a space.
  ['google-chat', 1],
]);

/** Nothing is sent when nothing changed. */
const CHAT_FILTER = '$count(changes) > 0 or $exists(event.changesNote) or event.notAnOrder';

/** The attributes that a preset suggests beside its transform. A chat shows every update once, as fast as it accepts them. */
export function presetDefaults(name: Preset): GivenAttributes {
  const rateLimitPerSecond = RATE_LIMITS.get(name);
  return rateLimitPerSecond === undefined
    ? {}
    : { filter: CHAT_FILTER, ordering: 'none', rateLimitPerSecond };
}

/** All attributes of a new endpoint with the preset. */
export async function presetAttributes(name: Preset): Promise<GivenAttributes> {
  return { transform: await presetText(name), ...presetDefaults(name) };
}
