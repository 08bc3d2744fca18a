/** Mamba-2 as a mixer. */
package carve.mamba2;
