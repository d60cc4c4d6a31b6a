/** Preloaded into a measured process: answers each message of its parent with the CPU time and memory that it has used. */
import type { Usage } from './measured-process.ts';

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuMs: (user + system) / 1_000, residentMb: process.memoryUsage.rss() / 2 ** 20 };
  process.send?.(usage);
});
// The channel must not keep a process alive that has ended its work.
process.channel?.unref();
