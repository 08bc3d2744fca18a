/** RMS norms and layer norms, forward and backward. */
package carve.cpu.norm;
