/** Softmax attention as a mixer. */
package carve.attention;
