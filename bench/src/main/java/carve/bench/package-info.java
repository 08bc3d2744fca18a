/** Side-by-side measurements of devices and models. */
package carve.bench;
