import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment } from '../../../lib/aws/lambda/environment.ts';

describe('readEnvironment', () => {
  it('gives what it is asked for, parsed', () => {
    const environment = { EVENT_LOG_TABLE: 'log', RETENTION_DAYS: '30', OTHER: 'x' };

    expect(readEnvironment(['EVENT_LOG_TABLE', 'RETENTION_DAYS'], environment)).toEqual({
      EVENT_LOG_TABLE: 'log',
      RETENTION_DAYS: 30,
    });
  });

  it('names every variable that is missing or wrong', () => {
    const environment = { CONFIG_TABLE: '', EVENTS_QUEUE_URL: 'events', RETENTION_DAYS: '0' };
    const reading = () =>
      readEnvironment(['EVENT_LOG_TABLE', 'CONFIG_TABLE', 'EVENTS_QUEUE_URL', 'RETENTION_DAYS'], environment);

    expect(reading).toThrow(EnvironmentError);
    expect(reading).toThrow(
      /EVENT_LOG_TABLE is missing.*CONFIG_TABLE is wrong.*EVENTS_QUEUE_URL is wrong.*RETENTION_DAYS is wrong/,
    );
  });

  it('names a block of addresses that is not complete', () => {
    expect(() => readEnvironment(['ALLOWED_CIDRS'], { ALLOWED_CIDRS: '10.0.0.0/8,172.16/12' })).toThrow(
      'ALLOWED_CIDRS is wrong: 172.16/12 has not all four octets: write 172.16.0.0/12',
    );
  });

  it('does not mind what it is not asked for', () => {
    expect(readEnvironment(['CONFIG_TABLE'], { CONFIG_TABLE: 'config', RETENTION_DAYS: 'x' })).toEqual({
      CONFIG_TABLE: 'config',
    });
  });
});
