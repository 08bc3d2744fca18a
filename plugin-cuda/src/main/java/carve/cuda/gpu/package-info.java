/** The parts of a GPU device that no vendor owns: memory pool, streams, recorded steps and their replays. */
package carve.cuda.gpu;
