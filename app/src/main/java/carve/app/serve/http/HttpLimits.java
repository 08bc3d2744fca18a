package carve.app.serve.http;

/**
 * The limits of one request, whatever it asks for.
 *
 * @param maxBodyBytes the greatest length of a request's body
 * @param readTimeoutMillis the time within which a body must have arrived
 * @param writeTimeoutMillis the time within which a client must have taken each part of a response
 */
public record HttpLimits(long maxBodyBytes, int readTimeoutMillis, int writeTimeoutMillis) {}
