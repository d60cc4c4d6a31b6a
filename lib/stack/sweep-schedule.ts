/** The clock: starts sweep every minute. */
import { Duration, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { nameLogically } from './logical-id.ts';
import { mayInvoke } from './permissions.ts';

export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, sweep: IFunction) {
    super(scope, id);
    const schedule = new Schedule(this, 'EveryMinute', {
      description: 'Finds what should have happened by now and did not',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(sweep, {
        role: this.#role(sweep),
        // A sweep that could not be started is made up for by the next, which finds all that the lost one would have.
        retryAttempts: 0,
        maxEventAge: Duration.minutes(1),
      }),
    });
    nameLogically(schedule, 'SweepEveryMinute');
  }

  #role(sweep: IFunction): IRole {
    const stack = Stack.of(this);
    const scheduleGroup = stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const role = new Role(this, 'Role', {
      // The conditions keep the schedules of other accounts from acting in this role (the "confused deputy").
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': scheduleGroup } },
      }),
      inlinePolicies: { may: new PolicyDocument({ statements: [mayInvoke(sweep)] }) },
    });
    nameLogically(role, 'SweepScheduleRole');
    // The schedule would grant itself every version of the function too, and there are none.
    return role.withoutPolicyUpdates();
  }
}
