import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };

describe('the feature flags of the CDK', () => {
  // The CDK prints a notice about each of them that cdk.json does not set. `cdk flags --unstable=flags` lists them.
  it('are all set in cdk.json', () => {
    const configured = new Set(Object.keys(cdkJson.context));

    expect(Object.keys(CURRENTLY_RECOMMENDED_FLAGS).filter((flag) => !configured.has(flag))).toEqual([]);
  });
});
