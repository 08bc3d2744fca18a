/**
 * Native memory: allocation in huge pages where the system has them, a pool of buffers, and loads and stores of elements and vectors by
 * absolute address.
 *
 * <p>All kernels read and write through {@link carve.cpu.memory.NativeMemory}, and code that owns buffers is responsible for addresses
 * within them. This package depends on no other of the module.
 */
package carve.cpu.memory;
