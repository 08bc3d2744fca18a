/** Requests and replies over HTTP: access, limits, errors and deadlines, whatever is served. */
package carve.app.serve.http;
