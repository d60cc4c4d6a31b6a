/** A schedule of EventBridge Scheduler. */
import { z } from 'zod';
import type { KnownProperties } from './properties.ts';

const SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
const rateSchema = z.string().transform((expression, context) => {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? 0);
  if (seconds > 0) return seconds;
  context.addIssue('must be a rate, such as rate(1 minute)');
  return z.NEVER;
});

const schema = z.strictObject({
  ScheduleExpression: rateSchema,
  State: z.literal('ENABLED').optional(),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  Target: z.strictObject({
    Arn: z.string(),
    /** JSON; EventBridge Scheduler sends an event of its own when it is absent. */
    Input: z.string().optional(),
    RetryPolicy: z.strictObject({
      MaximumEventAgeInSeconds: z.number().optional(),
      MaximumRetryAttempts: z.literal(0, 'must be 0: the emulator never repeats an invocation'),
    }),
  }),
});

export interface ScheduleDefinition {
  readonly name: string;
  readonly functionArn: string;
  readonly everySeconds: number;
  /** JSON. */
  readonly input?: string;
}

export const SCHEDULE: KnownProperties<z.output<typeof schema>> = {
  schema,
  ignored: {
    Description: 'for people who look at the AWS console',
    Name: 'for people who look at the AWS console',
    ScheduleExpressionTimezone: 'a rate has no time of day',
    'Target.RoleArn': 'there are no permissions on this machine',
  },
};

export function scheduleOf(name: string, values: z.output<typeof schema>): ScheduleDefinition {
  const { Arn, Input } = values.Target;
  return {
    name,
    functionArn: Arn,
    everySeconds: values.ScheduleExpression,
    ...(Input !== undefined && { input: Input }),
  };
}
