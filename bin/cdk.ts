/** `npm run bootstrap`, `deploy`, `diff` and `destroy`: checks what they need, then starts the CDK. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import cdkJson from '../cdk.json' with { type: 'json' };
import { CDK_COMMANDS, contextOf, obstacleTo } from '../lib/connect/deployment-check.ts';
import { readConfig } from '../lib/stack/config.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const CDK = fileURLToPath(new URL('./bin/cdk', import.meta.resolve('aws-cdk/package.json')));

const [name, ...args] = process.argv.slice(2);
const command = CDK_COMMANDS.find((one) => one === name);
if (command === undefined) throw new Error(`The commands are ${CDK_COMMANDS.join(', ')}`);

const obstacle = await obstacleTo(command, args, stackName(), process.env);
if (obstacle === undefined) start([command, ...args]);
else {
  console.error(`error: ${obstacle}`);
  process.exitCode = 1;
}

/** The CDK app reports all other wrong settings. */
function stackName(): string {
  const given = contextOf(args, 'stackName');
  const inFile = new Map<string, unknown>(Object.entries(cdkJson.context)).get('stackName');
  return given ?? (typeof inFile === 'string' ? inFile : readConfig({}).stackName);
}

/** The terminal sends Ctrl-C to both processes. The CDK decides how to end. */
function start(cdkArgs: readonly string[]): void {
  process.on('SIGINT', () => {});
  const cdk = spawn(process.execPath, [CDK, ...cdkArgs], { cwd: ROOT, stdio: 'inherit' });
  cdk.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
}
