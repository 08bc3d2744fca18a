/** The device that every machine has. */
package carve.cpu;
