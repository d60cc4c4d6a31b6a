/** The schedule that invokes sweep every minute. */
import { Duration, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { setLogicalId } from './logical-id.ts';
import { mayInvoke } from './permissions.ts';

export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, sweep: IFunction) {
    super(scope, id);
    const schedule = new Schedule(this, 'EveryMinute', {
      description: 'Invokes sweep, which enqueues overdue work',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(sweep, {
        role: this.#role(sweep),
        // The next sweep finds everything that a failed one would have found, so retries are useless.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
    });
    setLogicalId(schedule, 'SweepEveryMinute');
  }

  #role(sweep: IFunction): IRole {
    const stack = Stack.of(this);
    const scheduleGroup = stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const role = new Role(this, 'Role', {
      // The conditions prevent schedules of other accounts from using this role (the "confused deputy").
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': scheduleGroup } },
      }),
      inlinePolicies: { may: new PolicyDocument({ statements: [mayInvoke(sweep)] }) },
    });
    setLogicalId(role, 'SweepScheduleRole');
    // CDK would also grant all versions of the function. It has none, and the wildcard would be unnecessary.
    return role.withoutPolicyUpdates();
  }
}
