/** A program that uses Carve as a library. */
module examples.embedding {
    requires carve.runtime;
}
