/** The names of this machine itself. A browser elsewhere never sends them. */
export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
