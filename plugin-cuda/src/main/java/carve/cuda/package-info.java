/**
 * The NVIDIA device. {@link carve.cuda.CudaDeviceProvider} looks for the driver's own library and says what it finds:
 *
 * <pre>{@code
 * $ carve devices
 * cuda  -  not available: no NVIDIA driver: libcuda.so.1 was not found on this machine
 * }</pre>
 *
 * <p>{@link carve.cuda.CudaDevice} turns operations into launches of kernels on one stream. The kernels are CUDA C++, in
 * {@code carve/cuda/kernels}: one file for each fused op and for each family of primitives, over {@code carve.cuh}. They are
 * compiled for the card by NVRTC, of whichever version is installed, and kept; see {@code reference.conf} for the settings.
 *
 * <p>What is asked of the card goes through one small interface, {@code Driver}. The real one is JCuda's driver API. Tests
 * have two more: one runs the same kernels on the processor, where a C++ compiler makes each thread of a block a fiber, and
 * has to pass the contracts of devices and of kernels; the other writes down what it is asked.
 *
 * <p><b>None of this has run on a card yet.</b> What is tried without one: the arithmetic and the indices of every kernel,
 * those on tensor cores included; that nvcc makes machine code of them; the order of launches, their grids, arguments and
 * memory; which launches become graphs; JCuda, cuBLAS's and NVRTC's functions, over libraries that the processor plays. What
 * only a card can show is in {@code docs/cuda.md}.
 */
package carve.cuda;
