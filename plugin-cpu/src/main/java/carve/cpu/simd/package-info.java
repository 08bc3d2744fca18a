/** Vector loops: elementwise functions, casts, transposition, reduction of lanes. */
package carve.cpu.simd;
