/** Causal convolutions over positions, forward, backward and step by step. */
package carve.cpu.conv;
