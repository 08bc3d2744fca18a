/** The NVIDIA device. */
package carve.cuda;
