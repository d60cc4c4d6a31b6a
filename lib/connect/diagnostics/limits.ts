/** Services answer within two seconds. Without limits the SDK waits for ever. */
export const LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};
