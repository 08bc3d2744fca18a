/** Turns the figures that {@code bench/peers.sh} gathers into a table of ratios, with the goal of each beside it. */
package carve.bench.comparison;
