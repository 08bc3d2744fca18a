/** Scans with decay, forward and backward in chunks, and step by step. */
package carve.cpu.scan;
