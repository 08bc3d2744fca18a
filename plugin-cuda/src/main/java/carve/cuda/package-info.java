/**
 * The NVIDIA device. {@link carve.cuda.CudaDeviceProvider} looks for the driver's own library, which is all that a machine
 * needs to have, and says what it finds:
 *
 * <pre>{@code
 * $ carve devices
 * cuda  no  no NVIDIA driver: libcuda.so.1 was not found on this machine
 * }</pre>
 */
package carve.cuda;
