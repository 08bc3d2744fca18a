/**
 * Matrix products of our own, as in BLIS: packing, blocks, micro-kernels; and those of one or few rows, which read
 * each weight once.
 */
package carve.cpu.gemm;
