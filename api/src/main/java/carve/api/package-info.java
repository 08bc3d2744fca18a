/** The base of all exceptions that carry a message for the user. */
package carve.api;
