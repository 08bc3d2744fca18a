/** Matrix products by cuBLAS and cuBLASLt. */
package carve.cuda.blas;
