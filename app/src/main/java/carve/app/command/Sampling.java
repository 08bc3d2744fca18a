package carve.app.command;

import carve.api.model.Processor;
import carve.app.work.AppConfig.Generation;
import carve.app.work.Sampler;
import picocli.CommandLine.ParseResult;

/** The options that say how an answer is chosen. */
final class Sampling {
    private Sampling() {}

    /** Adds the options to those of a command. */
    static Arguments options(Arguments arguments) {
        return arguments
                .flag("--greedy", "Take the most probable token each time.")
                .option(
                        "--temperature",
                        Double.class,
                        "X",
                        "How far from greedy; 0 is greedy. Settings have the default.")
                .option("--top-p", Double.class, "X", "Choose among the tokens that together have this share.")
                .option("--top-k", Integer.class, "N", "Choose among so many tokens; 0 for all.")
                .option("--seed", Long.class, "N", "The same seed gives the same answers.")
                .option("--max-tokens", Integer.class, "N", "The longest answer.");
    }

    /** Returns what chooses tokens as the options say, or else as settings do. */
    static Sampler sampler(ParseResult arguments, Generation defaults, Processor processor) {
        return Arguments.flagged(arguments, "--greedy")
                ? Sampler.greedy(processor.excluded())
                : new Sampler(
                        Arguments.get(arguments, "--temperature", defaults.temperature()),
                        Arguments.get(arguments, "--top-k", defaults.topK()),
                        Arguments.get(arguments, "--top-p", defaults.topP()),
                        Arguments.get(arguments, "--seed", defaults.seed()),
                        processor.excluded());
    }

    /**
     * Returns how many tokens an answer may have.
     *
     * @throws IllegalArgumentException if that is less than one
     */
    static int maxTokens(ParseResult arguments, Generation defaults) {
        int maxTokens = Arguments.get(arguments, "--max-tokens", defaults.maxTokens());
        if (maxTokens < 1) {
            throw new IllegalArgumentException("--max-tokens must be 1 or more, is " + maxTokens);
        }
        return maxTokens;
    }
}
