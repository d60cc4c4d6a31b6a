/** Reads from the synthesized template what a deployment is billed for each month. */
import { z } from 'zod';

export interface DeployedParts {
  readonly alarms: number;
  /** CloudWatch bills an alarm for each metric that it evaluates. */
  readonly alarmMetrics: number;
  readonly keys: number;
  readonly memoryMb: Readonly<Record<'ingest' | 'fanOut' | 'deliver' | 'sweep', number>>;
  readonly retentionDays: number;
}

const resourceSchema = z.looseObject({ Type: z.string(), Properties: z.looseObject({}).default({}) });
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.looseObject({ RetentionDays: z.looseObject({ Value: z.coerce.number() }) }),
});
const alarmSchema = z.looseObject({
  Metrics: z.array(z.looseObject({ MetricStat: z.unknown().optional() })).optional(),
});
const functionSchema = z.looseObject({ MemorySize: z.number() });

export function partsOf(template: unknown): DeployedParts {
  const { Resources, Outputs } = templateSchema.parse(template);
  const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const alarms = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => alarmSchema.parse(Properties));
  const memoryOf = (id: string) => functionSchema.parse(Resources[id]?.Properties).MemorySize;
  return {
    alarms: alarms.length,
    alarmMetrics: alarms.reduce((sum, { Metrics }) => sum + metricsIn(Metrics), 0),
    keys: ofType('AWS::KMS::Key').length,
    memoryMb: {
      ingest: memoryOf('IngestFunction'),
      fanOut: memoryOf('FanOutFunction'),
      deliver: memoryOf('DeliverFunction'),
      sweep: memoryOf('SweepFunction'),
    },
    retentionDays: Outputs.RetentionDays.Value,
  };
}

/** An expression is no metric, but those that it computes with are. */
function metricsIn(metrics: readonly { readonly MetricStat?: unknown }[] | undefined): number {
  return metrics === undefined ? 1 : metrics.filter(({ MetricStat }) => MetricStat !== undefined).length;
}
