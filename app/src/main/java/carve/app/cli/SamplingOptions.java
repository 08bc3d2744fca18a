package carve.app.cli;

import carve.api.text.Processor;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.app.wiring.AppConfig.GenerationConfigSource;
import carve.runtime.engine.Sampler;
import picocli.CommandLine.ParseResult;

/** The options that say how an answer is chosen. */
final class SamplingOptions {
    private SamplingOptions() {}

    /** Adds the options to those of a command. */
    static CommandOptions options(CommandOptions commandOptions) {
        return commandOptions
                .flag("--greedy", "Always take the most probable token.")
                .option(
                        "--temperature",
                        Double.class,
                        "X",
                        "Sampling temperature; 0 means greedy. The default is carve.generation.temperature.")
                .option(
                        "--top-p",
                        Double.class,
                        "X",
                        "Nucleus sampling: keep the most probable tokens whose cumulative probability reaches X.")
                .option("--top-k", Integer.class, "N", "Sample from the N most probable tokens; 0 for all.")
                .option(
                        "--min-p",
                        Double.class,
                        "X",
                        "Sample from the tokens that have at least X times the greatest probability; 0 for all.")
                .option(
                        "--repetition-penalty",
                        Double.class,
                        "X",
                        "Penalty of tokens that were in the prompt or the answer before; 1 for none.")
                .option(
                        "--generation-config",
                        String.class,
                        "SOURCE",
                        "auto: parameters in the model's generation_config.json go over the settings; carve: they do not.")
                .option("--seed", Long.class, "N", "Random seed; the same seed gives the same answers.")
                .option("--max-tokens", Integer.class, "N", "Maximum number of tokens to generate.");
    }

    /**
     * Returns the defaults for a model: the settings, with its own generation configuration over them unless the options say
     * otherwise.
     */
    static GenerationConfig defaults(ParseResult arguments, GenerationConfig settings, Processor processor) {
        return CommandOptions.<String>find(arguments, "--generation-config")
                .map(name -> settings.with(GenerationConfigSource.of(name, "--generation-config")))
                .orElse(settings)
                .of(processor);
    }

    /** Returns what chooses tokens as the options say, or else as the defaults do. */
    static Sampler sampler(ParseResult arguments, GenerationConfig defaults, Processor processor) {
        boolean greedy = CommandOptions.hasFlag(arguments, "--greedy");
        return new Sampler(
                greedy ? 0 : CommandOptions.valueOr(arguments, "--temperature", defaults.temperature()),
                CommandOptions.valueOr(arguments, "--top-k", defaults.topK()),
                CommandOptions.valueOr(arguments, "--top-p", defaults.topP()),
                CommandOptions.valueOr(arguments, "--min-p", defaults.minP()),
                CommandOptions.valueOr(arguments, "--repetition-penalty", defaults.repetitionPenalty()),
                CommandOptions.valueOr(arguments, "--seed", defaults.seed()),
                processor.suppressedTokens());
    }

    /**
     * Returns how many tokens an answer may have.
     *
     * @throws IllegalArgumentException if that is less than one
     */
    static int maxTokens(ParseResult arguments, GenerationConfig defaults) {
        int maxTokens = CommandOptions.valueOr(arguments, "--max-tokens", defaults.maxTokens());
        if (maxTokens < 1) {
            throw new IllegalArgumentException("--max-tokens must be 1 or more, is " + maxTokens);
        }
        return maxTokens;
    }
}
