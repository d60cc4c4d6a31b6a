/** Formats and parses times and durations, in this machine's time zone. JSON uses ISO 8601. */

const MONTHS: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

/** `13:04:05` today, otherwise `Mar  1 13:04:05`, with the year if it is not this year. */
export function timeText(moment: Date, now = new Date()): string {
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(twoDigits).join(':');
  if (moment.toDateString() === now.toDateString()) return time;
  const day = `${MONTHS[moment.getMonth()]} ${String(moment.getDate()).padStart(2)}`;
  return moment.getFullYear() === now.getFullYear()
    ? `${day} ${time}`
    : `${day} ${moment.getFullYear()} ${time}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** Formats a row's time attribute. Returns any other text unchanged: people can edit rows. */
export function writtenTimeText(text: string | undefined, now = new Date()): string {
  if (text === undefined) return '–';
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : timeText(moment, now);
}

/** `143 ms`, `1.2 s`, `4 min`, `2 h`, `3 d`. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 1) return `${Math.round(durationMs)} ms`;
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90s`, `30m`, `2h`, `3d`, `1w` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  return isUnit(unit) ? Number(amount) * UNIT_MS[unit] : undefined;
}

/**
 * Parses a duration before now (`90s`, `30m`, `2h`, `3d`, `1w`), ISO 8601, or a time as {@link timeText} prints it;
 * undefined for anything else.
 */
export function parseMoment(text: string, now: Date): Date | undefined {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return new Date(now.getTime() - agoMs);
  return parsePrintedTime(text, now) ?? parseIsoTime(text);
}

/** `13:04:05` is today, and `Mar  1 13:04:05` is this year. The seconds may be left out. */
function parsePrintedTime(text: string, now: Date): Date | undefined {
  const [, month, day, year, hours, minutes, seconds = '0'] =
    /^(?:([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?)?(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const date =
    month === undefined
      ? [now.getFullYear(), now.getMonth(), now.getDate()]
      : [Number(year ?? now.getFullYear()), MONTHS.indexOf(month), Number(day)];
  const [fullYear = 0, monthIndex = 0, dayOfMonth = 0] = date;
  const time = [Number(hours), Number(minutes), Number(seconds)] as const;
  const moment = new Date(fullYear, monthIndex, dayOfMonth, ...time);
  // JavaScript carries over: the 31st of February would be the 3rd of March.
  const isSame = moment.getMonth() === monthIndex && moment.getDate() === dayOfMonth;
  return isSame && Math.max(...time) <= 59 && time[0] <= 23 ? moment : undefined;
}

function parseIsoTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  // JavaScript parses a date alone as UTC. Here it means the start of the local day.
  const moment = new Date(text.includes('T') ? text : `${text}T00:00`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function isUnit(text: string | undefined): text is keyof typeof UNIT_MS {
  return text !== undefined && text in UNIT_MS;
}
