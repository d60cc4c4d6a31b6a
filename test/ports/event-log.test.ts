import { useEmbedded } from './embedded.ts';
import { describeEventLog } from './event-log.conformance.ts';
import { dynamoEventLog, memoryEventLog } from './subjects.ts';

describeEventLog('the event log in memory', memoryEventLog);

const embedded = useEmbedded();

describeEventLog('the event log in DynamoDB', () => dynamoEventLog(embedded()));
