/** The CUDA driver, called by foreign functions through JCuda. */
package carve.cuda.driver;
