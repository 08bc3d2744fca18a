/**
 * Fuzz tests: inputs that are mutated from good ones, and the rule that each gives an answer or a clean error.
 *
 * {@snippet :
 * FuzzTarget target = new FuzzTarget("json", List.of("{\"a\": 1}".getBytes()), List.of("NaN"), Json::parse);
 * Fuzzer.check(target);
 * }
 */
package carve.testkit.fuzz;
