/** Which parts the program is made of: the only package that Guice sees into, and the only one that sees Guice. */
package carve.app.wiring;
