/** Matrix products by libraries: ND4J's OpenBLAS and oneDNN. */
package carve.cpu.blas;
