/** The rotation of secrets and tokens: each replaced one stays valid until its own grace period ends. */

/**
 * The number of replaced secrets or tokens that can be valid beside the current one. Standard Webhooks allows any number
 * of signatures in one header and names no limit; five of them have about 250 bytes, which every server accepts.
 */
export const MOST_PREVIOUS = 4;
