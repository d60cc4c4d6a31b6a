/** The end of each command's help: examples, and what happens, in words for people who run a shop. */
import type { Command } from 'commander';

interface HelpEnd {
  /** Without the program's name. */
  readonly examples: readonly string[];
  readonly note?: string;
}

const EVENT = 'evt_01JQ8Z6V5W3N2M4K7X9C0B1D2F';

const HELP_ENDS: ReadonlyMap<string, HelpEnd> = new Map(
  Object.entries({
    status: {
      examples: ['status', 'status --json'],
      note: 'The first line says whether the Hub still sends. Each endpoint has its own line below.',
    },
    doctor: {
      examples: ['doctor', 'doctor --stack SensariaRelay'],
      note: 'Run it after a deployment, and when something seems wrong. It changes nothing.',
    },
    'sources add': {
      examples: ['sources add main', 'sources add outlet --description "Outlet shop"'],
      note: 'A source is one account at the Hub. Paste the printed address into that account’s settings.',
    },
    'sources list': { examples: ['sources list'] },
    'sources rotate': {
      examples: ['sources rotate main', 'sources rotate main --grace-period 1h', 'sources rotate main --now'],
      note: 'Paste the new address into the Hub before the old one ends. No update is lost meanwhile.',
    },
    'sources remove': {
      examples: ['sources remove outlet', 'sources remove outlet --yes'],
      note: 'The Hub gets an error for this address from then on. Past orders stay readable.',
    },
    'endpoints add': {
      examples: [
        'endpoints add --id erp --url https://erp.example.com/hooks/order?orderid=',
        'endpoints add --id chat --url https://hooks.example.com/T1 --preset slack',
      ],
      note: 'The endpoint gets every update from now on. `endpoints test` sends it a sample first.',
    },
    'endpoints list': { examples: ['endpoints list', 'endpoints list --json'] },
    'endpoints show': { examples: ['endpoints show erp'] },
    'endpoints set': {
      examples: [
        'endpoints set erp --timeout-seconds 20',
        'endpoints set erp --unset filter --unset header:X-Key',
      ],
      note: 'Deliveries that wait are sent with the new settings, too.',
    },
    'endpoints pause': {
      examples: ['endpoints pause erp'],
      note: 'Updates wait until `endpoints resume`. Nothing is lost.',
    },
    'endpoints resume': {
      examples: ['endpoints resume erp'],
      note: 'The updates that waited are sent, oldest first.',
    },
    'endpoints disable': {
      examples: ['endpoints disable erp'],
      note: 'Updates are not kept for it: after `endpoints enable`, send the missed ones again with `replay`.',
    },
    'endpoints enable': {
      examples: ['endpoints enable erp'],
      note: 'Also for an endpoint that the relay has disabled or calls failing: it gets updates again at once.',
    },
    'endpoints test': {
      examples: ['endpoints test erp'],
      note: 'Only this endpoint gets the sample order. Its id begins with Test.',
    },
    'endpoints history': {
      examples: ['endpoints history erp', 'endpoints history erp --state dead --since 2d'],
    },
    'endpoints missed': {
      examples: ['endpoints missed erp --since 2d', 'endpoints missed erp --since 2026-03-01T09:30 --json'],
      note: 'Run it after an outage: it lists the orders whose newest state the endpoint does not have.',
    },
    'endpoints test-filter': {
      examples: [`endpoints test-filter erp --filter 'items[status="Shipped"]'`, 'endpoints test-filter erp'],
      note: 'Shows which recent updates would be sent. Nothing is sent.',
    },
    'endpoints preview': {
      examples: ['endpoints preview chat --preset slack', 'endpoints preview erp --transform @erp.jsonata'],
      note: 'Shows what the endpoint would get for recent updates. Nothing is sent.',
    },
    'endpoints presets': { examples: ['endpoints presets', 'endpoints presets slack'] },
    'endpoints rotate-secret': {
      examples: ['endpoints rotate-secret erp', 'endpoints rotate-secret erp --grace-period 2d'],
      note: 'During the grace period, the endpoint may check requests with either secret.',
    },
    'endpoints remove': {
      examples: ['endpoints remove erp', 'endpoints remove erp --yes'],
      note: 'Updates that still wait for it are cancelled. Its history stays.',
    },
    'events list': { examples: ['events list', 'events list --since 2h --source main'] },
    'events show': { examples: [`events show ${EVENT}`, `events show ${EVENT} --body`] },
    'events tail': {
      examples: ['events tail', 'events tail --json'],
      note: 'Shows each update as it arrives, until Ctrl-C.',
    },
    'orders show': {
      examples: ['orders show Magic7-501', 'orders show 7-501 --by-order-id'],
      note: 'Shows each update of the order, and whether each endpoint got it.',
    },
    'orders search': { examples: ['orders search magic7', 'orders search 501'] },
    'deliveries list': { examples: ['deliveries list', 'deliveries list --endpoint erp --state dead'] },
    'deliveries retry': {
      examples: [
        'deliveries retry --endpoint erp --dry-run',
        'deliveries retry --endpoint erp --state dead',
        `deliveries retry ${EVENT} --endpoint erp`,
      ],
      note: 'The relay gave up on these updates. They get all their attempts again.',
    },
    'deliveries cancel': {
      examples: ['deliveries cancel --endpoint erp --dry-run', `deliveries cancel ${EVENT} --endpoint erp`],
      note: 'The endpoint will not get these updates, unless they are retried.',
    },
    'deliveries drop': {
      examples: [
        'deliveries drop --endpoint erp --dry-run',
        'deliveries drop --endpoint erp --state dead --yes',
      ],
      note: 'They need attention no longer. They keep their state, and `replay` can still send them.',
    },
    replay: {
      examples: [
        'replay --endpoint erp --since 2d --dry-run',
        'replay --endpoint erp --since 2026-03-01T09:30',
        'replay --order Magic7-501 --endpoint erp',
      ],
      note: 'Sends again what the endpoint did not get. Updates that a newer one has replaced are left out.',
    },
    'dlq list': { examples: ['dlq list', 'dlq list --queue events'] },
    'dlq redrive': {
      examples: ['dlq redrive --all', 'dlq redrive --message-id 5f1e0c9a-1b2c-4d3e-8f90-a1b2c3d4e5f6'],
    },
    'dlq drop': {
      examples: [
        'dlq drop --message-id 5f1e0c9a-1b2c-4d3e-8f90-a1b2c3d4e5f6',
        'dlq drop --all --queue deliveries --yes',
      ],
      note: 'Messages only start work. The orders and deliveries themselves stay.',
    },
    forget: {
      examples: ['forget --order Magic7-501 --dry-run', 'forget --order Magic7-501'],
      note: 'For a customer who asks for it. What was erased cannot be sent again or restored.',
    },
    send: {
      examples: ['send order.json', 'send order.json --order 7-501'],
      note: 'Does what the Hub does, so each endpoint gets the file. Use it to try out a relay.',
    },
    trigger: {
      examples: ['trigger Shipped'],
      note: 'A sample order takes each step up to that status, and each endpoint gets each step.',
    },
    listen: {
      examples: ['listen --forward-to http://localhost:3000/hooks'],
      note: 'For a developer: this machine gets copies. The endpoints get their updates as always.',
    },
    backup: {
      examples: ['backup relay-backup.db'],
    },
    completion: {
      examples: [
        'completion bash > ~/.local/share/bash-completion/completions/relay',
        'completion zsh > ~/.zfunc/_relay',
        'completion fish > ~/.config/fish/completions/relay.fish',
      ],
      note: 'Completes the command relay, which `npm link` makes available. Start a new shell afterwards.',
    },
    open: { examples: ['open', 'open --stack SensariaRelay'] },
  }),
);

/** Adds the end of the help to each command that has one here. */
export function addExamples(program: Command): void {
  for (const command of leavesOf(program)) {
    const end = HELP_ENDS.get(pathOf(command));
    if (end !== undefined) command.addHelpText('after', helpEndText(end, program.name()));
  }
}

function helpEndText({ examples, note }: HelpEnd, program: string): string {
  return [
    ...(note === undefined ? [] : ['', note]),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  $ ${program} ${example}`),
  ].join('\n');
}

/** All commands that do something. */
export function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((one) => (one.commands.length === 0 ? [one] : leavesOf(one)));
}

/** `endpoints list` */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}
