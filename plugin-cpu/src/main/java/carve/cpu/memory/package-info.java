/** Native memory: buffers, the pool they return to, and huge pages. */
package carve.cpu.memory;
