/** Compilation of CUDA C++: by nvcc, by NVRTC, ahead of time, and the cache of what was compiled. */
package carve.cuda.compile;
