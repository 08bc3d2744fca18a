/** The primitive ops: elementwise loops over strided operands, reductions, and data movement. */
package carve.cpu.primitive;
