/** Opens an address with the platform's opener. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const { platform, env } = process;

/** False where there is no browser: on a server, or through SSH. */
export async function openBrowser(address: string): Promise<boolean> {
  const [opener, ...args] = openerOf(address);
  if (opener === undefined) return false;
  const child = spawn(opener, args, { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
    child.unref();
    return true;
  } catch {
    // The opener is not installed.
    return false;
  }
}

function openerOf(address: string): string[] {
  switch (platform) {
    case 'darwin':
      return ['open', address];
    case 'win32':
      // The first quoted word of `start` is a title.
      return ['cmd', '/c', 'start', '""', address.replaceAll('&', '^&')];
    default:
      return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', address] : [];
  }
}
