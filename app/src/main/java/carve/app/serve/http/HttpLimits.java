package carve.app.serve.http;

/**
 * The limits of an HTTP server, whatever is asked of it.
 *
 * @param maxBodyBytes the greatest length of a request's body
 * @param maxConnections the most connections at a time
 * @param maxConnectionsPerAddress the most connections of one remote address at a time
 * @param idleTimeoutMillis the time after which a connection without a request is closed
 * @param headerTimeoutMillis the time within which the header of a request must have arrived, from its first byte
 * @param readTimeoutMillis the time within which a body must have arrived
 * @param writeTimeoutMillis the time within which a client must have taken each part of a response
 */
public record HttpLimits(
        long maxBodyBytes,
        int maxConnections,
        int maxConnectionsPerAddress,
        int idleTimeoutMillis,
        int headerTimeoutMillis,
        int readTimeoutMillis,
        int writeTimeoutMillis) {
    /** Returns limits with one time limit for all, and as many connections as by default. */
    public static HttpLimits of(long maxBodyBytes, int timeoutMillis) {
        return new HttpLimits(maxBodyBytes, 1024, 256, timeoutMillis, timeoutMillis, timeoutMillis, timeoutMillis);
    }
}
