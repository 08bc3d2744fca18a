/**
 * The long form of the attack on a running server: hostile requests beside well-behaved clients, then a soak. {@code bench/attack.sh}
 * starts the server and adds the fuzz tests of files.
 */
package carve.bench.attack;
