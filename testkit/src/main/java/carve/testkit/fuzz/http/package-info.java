/**
 * An attack on a server of models: mutated bodies, heads and whole requests over sockets, disconnects at every byte, and well-behaved
 * clients that compare their replies meanwhile.
 *
 * {@snippet :
 * HttpAttack attack = new HttpAttack(address, "model", 16, 1, 8, Duration.ofSeconds(5), failed);
 * List<FuzzResult> results = attack.run(10_000, Duration.ofMinutes(1));
 * results.forEach(result -> assertEquals(List.of(), result.failures()));
 * }
 */
package carve.testkit.fuzz.http;
