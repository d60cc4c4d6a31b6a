/** How long the AWS SDK's clients may take, whatever they are for. */

/**
 * The SDK would wait for ever. Within a region a connection takes milliseconds and an answer tens of them, so a try
 * that takes longer than this is lost, and another one soon finds a healthy host. Three tries end within seven
 * seconds: no function is killed while it waits. Connections are kept alive between calls, as is the SDK's default.
 */
export const CLIENT_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    // Without it the SDK warns of a request that takes too long, and goes on waiting.
    throwOnRequestTimeout: true,
  },
};
