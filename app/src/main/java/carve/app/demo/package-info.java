/** The demonstration: distils small students and compares them with their teacher. */
package carve.app.demo;
