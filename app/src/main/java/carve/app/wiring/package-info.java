/** The wiring of the program by Guice. */
package carve.app.wiring;
