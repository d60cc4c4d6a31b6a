/** Resource types of the stack that nothing on this machine stands for, each with the reason why that is right. */
export const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'there are no permissions on this machine: everything runs as the person who started it',
  'AWS::IAM::Policy': 'there are no permissions on this machine',
  'AWS::Lambda::Permission': 'there are no permissions on this machine',
  'AWS::SQS::QueuePolicy':
    'there are no permissions on this machine, and the queues listen on loopback alone',
  'AWS::Logs::LogGroup': 'what handlers write is shown, and kept in the data folder when asked for',
  'AWS::Logs::MetricFilter': 'it counts what the throttle refuses, and a laptop refuses nothing',
  'AWS::CloudWatch::Alarm': 'nobody is woken by a laptop; the CLI lists what needs a person',
  'AWS::CloudWatch::Dashboard': 'the CLI shows what it shows',
  'AWS::KMS::Key': 'the data folder is as safe as the disk it is on',
  'AWS::SNS::Topic': 'nobody is woken by a laptop',
  'AWS::SNS::TopicPolicy': 'nobody is woken by a laptop',
  'AWS::SNS::Subscription': 'nobody is woken by a laptop',
  'AWS::CDK::Metadata': 'tells AWS which constructs a stack was made with',
};
