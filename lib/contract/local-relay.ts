/** How programs on this machine find and use the local relay. */

export const DEFAULT_PORT = 8787;

/** The local relay answers a GET of this path with its stack outputs and the endpoints of its engines. */
export const DISCOVERY_PATH = '/.well-known/sensaria-relay';

/** The embedded DynamoDB and SQS check no signature, but the AWS SDK must sign with some credentials. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The file in the data folder that contains all data of a relay on one machine. */
export const DATABASE_FILE = 'relay.db';

/** The file in the data folder with the address of the console, while a relay on one machine serves it. */
export const CONSOLE_ADDRESS_FILE = 'console-address';
