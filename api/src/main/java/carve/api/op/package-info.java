/**
 * The fused ops that come with Carve, named for their mathematics; devices have kernels for them, papers' mixers use them.
 *
 * <p>Letters: B batch, T positions, S keys or, in shapes of states, sequences, D width, H heads, G groups of heads, K
 * width of a query and key, V width of a value, N width of a state, P width of a head, C channels, W width of a
 * convolution, M rows.
 */
package carve.api.op;
