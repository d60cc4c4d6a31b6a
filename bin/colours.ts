/**
 * Turns colours off in a pipe. It must be the first import: modules that colour decide when they load. They respect
 * NO_COLOR (https://no-color.org) and FORCE_COLOR (https://force-color.org) by themselves.
 */
const { env, stdout } = process;

if (!stdout.isTTY && !env.FORCE_COLOR) env.NO_COLOR = '1';

export {};
