/** The threads that share the work of an op, and the scratch memory of each. */
package carve.cpu.thread;
